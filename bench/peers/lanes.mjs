// Several pages at once: node derives keys on four threads beside its own.

import { readdir } from "node:fs/promises";

const LANES = 4;

// Calls `seal(path, password)` for each page `p/xx/yyyy.html` of a folder.
export const sealAll = async (folder, seal) => {
  const names = await readdir(folder, { recursive: true });
  const pages = names.filter((name) => name.endsWith(".html"));
  const lane = async () => {
    for (let path = pages.pop(); path; path = pages.pop()) {
      const [, two, rest] = path.split("/");
      await seal(path, two + rest.slice(0, -".html".length));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
};
