// Seals every page of a folder with pagecrypt, each with a password of its own: its address.
//
//     node pagecrypt.mjs FROM TO

import { encrypt } from "pagecrypt";

import { sealAll } from "./lanes.mjs";

const [from, to] = process.argv.slice(2);
await sealAll(from, (path, password) => encrypt(`${from}/${path}`, `${to}/${path}`, password));
