export { createTestDatabase, type TestDatabase } from "./test-database";
export { waitFor } from "./wait-for";
