import { queryOf, router } from "@/server/api/trpc";
import { search } from "./search";

export const catalogRouter = router({ search: queryOf(search) });
