import { rest, type RestRoute } from "@/server/kit/rest";
import { search } from "./search";
import { createView, deleteView, listViews, updateView } from "./views/verbs";

export const catalogRoutes: readonly RestRoute[] = [
  rest("Search", "get", "/search", search),
  rest("Views", "get", "/views", listViews),
  rest("Views", "post", "/views", createView, { status: 201 }),
  rest("Views", "patch", "/views/{viewId}", updateView),
  rest("Views", "delete", "/views/{viewId}", deleteView),
];
