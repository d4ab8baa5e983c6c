export * from "./intervals";
export * from "./metrics";
export * from "./report";
export * from "./verdict";
