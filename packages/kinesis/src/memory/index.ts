export { createMemoryLeaseStore } from './lease-store.ts';
