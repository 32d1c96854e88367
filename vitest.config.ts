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
    // By itself it leaves a core free, and of two that is half: 3 min 20 s instead of 5.
    maxWorkers: '100%',
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
  },
});
