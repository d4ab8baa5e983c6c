/** What happens to models and versions, for whoever listens. */
export interface RegistryEvents {
  "registry.version_registered": { modelId: string; versionId: string };
  "registry.version_ready": { modelId: string; versionId: string };
  "registry.evidence_changed": { versionId: string; what: string };
  "registry.alias_moved": { modelId: string; alias: string; versionId: string | null };
}

declare module "@/server/core/events" {
  interface DomainEvents extends RegistryEvents {}
}
