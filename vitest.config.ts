import { defineConfig } from 'vitest/config';

const conditions = ['@millrace/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/test/**/*.test.ts', 'scenarios/**/*.test.ts'],
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
  },
});
