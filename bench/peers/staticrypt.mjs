// Seals every page of a folder with StatiCrypt, each with a password of its own: its address.
// StatiCrypt's command takes one password for all files; this calls what the command calls.
//
//     node staticrypt.mjs FROM TO SALT

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { sealAll } from "./lanes.mjs";

const require = createRequire(import.meta.url);
const engine = require("staticrypt/lib/cryptoEngine.js");
const { encodeWithHashedPassword } = require("staticrypt/lib/codec.js").init(engine);
const { buildStaticryptJS, genFile } = require("staticrypt/cli/helpers.js");

const [from, to, salt] = process.argv.slice(2);
const template = require.resolve("staticrypt/lib/password_template.html");
const words = {
  is_remember_enabled: "false",
  js_staticrypt: buildStaticryptJS(),
  template_button: "DECRYPT",
  template_color_primary: "#4CAF50",
  template_color_secondary: "#76B852",
  template_error: "Bad password!",
  template_instructions: "",
  template_placeholder: "Password",
  template_remember: "Remember me",
  template_title: "Protected Page",
  template_toggle_show: "Show password",
  template_toggle_hide: "Hide password",
};

await sealAll(from, async (path, password) => {
  const hashed = await engine.hashPassword(password, salt);
  const sealed = await encodeWithHashedPassword(await readFile(`${from}/${path}`, "utf8"), hashed);
  const config = {
    staticryptEncryptedMsgUniqueVariableName: sealed,
    isRememberEnabled: false,
    rememberDurationInDays: 0,
    staticryptSaltUniqueVariableName: salt,
  };
  genFile({ ...words, staticrypt_config: config }, `${to}/${path}`, template);
});
