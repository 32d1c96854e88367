import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import { leaseStoreGuarantees } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

describe('the lease store in memory', () => {
  test.each(leaseStoreGuarantees)('$name', async ({ run }) => {
    await expect(run(createMemoryLeaseStore)).resolves.toBeUndefined();
  });
});
