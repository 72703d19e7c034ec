// The pure half of the loader: from a link to the text of a page, after docs/format.md, v1.
// It touches no document, so the tests run it alone; loader.js is joined to it at build.
//
// Every refusal is an Error whose message is its class: 'incomplete', 'format',
// 'authentication'. No message ever holds a secret or a piece of a page.

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const largest = 8 << 20;
const { subtle } = crypto; // undefined where the page came over plain http

const refuse = reason => {
  throw Error(reason);
};

const toBytes = source => new Uint8Array(source);

// Exactly 22 characters, then the tag; whatever a messenger appended after them is ignored.
const parseLink = text => {
  const fragment = '^([' + alphabet + ']{22})([' + alphabet + ']*)';
  const [, link, tag] = text.match(fragment) || refuse('incomplete');
  const secret = toBytes(16);
  for (const letter of link) {
    let carry = alphabet.indexOf(letter);
    for (let i = 16; i--; carry >>= 8) secret[i] = carry += 58 * secret[i];
    if (carry) refuse('incomplete');
  }
  return { secret, tag };
};

const base58 = id => {
  const digits = Array(22).fill(0);
  for (let carry of id) {
    for (let i = 22; i--; carry = carry / 58 | 0) digits[i] = (carry += digits[i] * 256) % 58;
  }
  return digits.map(digit => alphabet[digit]).join('');
};

// The browser holds the keys: non-extractable, so that no script can read them back.
const derive = async link => {
  const { secret } = parseLink(link);
  const root = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits', 'deriveKey']);
  const hkdf = purpose => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: toBytes(),
    info: new TextEncoder().encode('sealpress/1 ' + purpose),
  });
  const aes = { name: 'AES-GCM', length: 256 };
  const id = toBytes(await subtle.deriveBits(hkdf('id'), root, 128));
  const key = await subtle.deriveKey(hkdf('seal'), root, aes, false, ['decrypt']);
  return { id, key, path: base58(id).replace(/../, 'p/$&/') };
};

const padme = size => {
  const exponent = 31 - Math.clz32(size);
  const mask = (1 << exponent - 32 + Math.clz32(exponent)) - 1;
  return size + mask & ~mask;
};

const unpad = payload => {
  const size = payload.length;
  const end = size < 512 ? 0 : 4 + new DataView(payload.buffer).getUint32(0);
  if (end > size || padme(Math.max(end, 512)) != size) refuse('format');
  if (payload.subarray(end).some(Boolean)) refuse('format');
  return payload.subarray(4, end);
};

// Fed in small bites: a bite of a bomb grows a thousandfold at most before it is counted.
const inflateHere = async (content, room) => {
  const chunks = [];
  let start = 0;
  const bites = new ReadableStream({
    pull: out => {
      if (start < content.length) out.enqueue(content.subarray(start, start += 1024));
      else out.close();
    },
  });
  const reader = bites.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  for (let step; !(step = await reader.read()).done; chunks.push(step.value)) {
    if ((room -= step.value.length) < 0) {
      reader.cancel();
      refuse('format');
    }
  }
  return new Blob(chunks).arrayBuffer();
};

// Nothing is shown before all of it has passed, and it is refused in the order of the format.
// `inflater` fetches the function that inflates; only a deflated file asks for it.
const unseal = async (file, { id, key }, inflater) => {
  const [s, p, version, flags] = file;
  if (file.length < 32 || s != 83 || p != 80 || version != 1 || flags > 1) refuse('format');
  const additionalData = toBytes([s, p, version, flags, ...id]);
  const gcm = { name: 'AES-GCM', iv: file.subarray(4, 16), additionalData };
  const payload = await subtle.decrypt(gcm, key, file.subarray(16))
    .catch(() => refuse('authentication'));
  const content = unpad(toBytes(payload));
  const expand = flags && await inflater();
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return decoder.decode(expand ? await expand(content, largest) : content);
  } catch {
    refuse('format');
  }
};
