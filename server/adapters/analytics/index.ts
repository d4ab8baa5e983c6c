export { createAnalytics, type AnalyticsSettings } from "./create-analytics";
export { InspectorLost, TableRefused, type Analytics, type StoredTable } from "./port";
