// The portal's data plane as server/portal.ts mounts it, without the pages.
import { dataPlane } from "@/server/house/data-plane";
import { serve } from "./listen";

serve(dataPlane());
