// A page for each client: Eleventy's pagination, one of `pages` at a time.

import { render as en } from "../en.js";
import { render as ru } from "../ru.js";

const IN = { en, ru };

export const data = {
  pagination: { data: "pages", size: 1, alias: "client" },
  permalink: ({ client }) => `/p/${client.address.slice(0, 2)}/${client.address.slice(2)}.html`,
};

export const render = ({ client }) => IN[client.lang](client);
