import { buildPages } from "../fixtures/installation";

/** The pages, as `npm start` builds them. */
export default buildPages;
