import nnc from "nnc/vite";
import { defineConfig } from "vite";

export default defineConfig({
  // The built page may lie in any folder of a server.
  base: "./",
  plugins: [nnc()],
  build: { target: "es2022" },
});
