import { defineConfig } from 'vite'

export default defineConfig({
  worker: { format: 'es' },
  build: { modulePreload: false, chunkSizeWarningLimit: 1000 },
})
