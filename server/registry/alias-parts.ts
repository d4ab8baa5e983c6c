export const WRITE = "registry.model.write" as const;
