import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { search } from "./search";
import { createView, deleteView, listViews, updateView } from "./views/verbs";

export const catalogRouter = router({
  search: queryOf(search),
  views: router({
    list: queryOf(listViews),
    create: mutationOf(createView),
    update: mutationOf(updateView),
    delete: mutationOf(deleteView),
  }),
});
