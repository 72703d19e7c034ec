// Every page's values. Read line by line: node makes no string over 512 MB.

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

export default async () => {
  const pages = [];
  const lines = createInterface({ input: createReadStream(process.env.PAGES) });
  for await (const line of lines) pages.push(JSON.parse(line));
  return pages;
};
