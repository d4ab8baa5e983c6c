/** What happens to datasets, for whoever listens. */
export interface DatasetsEvents {
  "datasets.upload_received": { uploadId: string; headerLine?: number };
  "datasets.version_created": { datasetId: string; versionId: string };
}

declare module "@/server/core/events" {
  interface DomainEvents extends DatasetsEvents {}
}
