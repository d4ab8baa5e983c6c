export { blobRefDifferences } from "./blob-refs";
export { migratedBefore } from "./migrated-before";
export { restoreState, stateNames } from "./restore-state";
export { createEmptyDatabase, createTestDatabase, type TestDatabase } from "./test-database";
export { trafficOf } from "./traffic";
export { waitFor } from "./wait-for";
