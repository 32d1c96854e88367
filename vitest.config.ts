import { defineConfig } from 'vitest/config';

// Nothing more: vitest hands these to Node as well, and 'import' would make CommonJS packages load ES modules.
const conditions = ['@millrace/source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'examples/test/**/*.test.ts',
      'scenarios/**/*.test.ts',
      'simulation/**/*.test.ts',
    ],
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
  },
});
