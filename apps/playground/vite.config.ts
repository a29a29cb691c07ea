import { defineConfig } from 'vite';

export default defineConfig({
  base: '/playground/',
  build: {
    // Monaco is one large chunk by nature, and loaded after the page is drawn.
    chunkSizeWarningLimit: 3000,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      onwarn(warning, warn) {
        // React Compiler's directives in GraphiQL's packages; they have been compiled already.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
});
