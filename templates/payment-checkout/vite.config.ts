import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  server: { host: "127.0.0.1" },
  preview: { host: "127.0.0.1" },
  // viem and react together; a checkout loads them once.
  build: { chunkSizeWarningLimit: 700 },
});
