import { rest, type RestRoute } from "@/server/http/rest";
import { search } from "./search";

export const catalogRoutes: readonly RestRoute[] = [rest("Search", "get", "/search", search)];
