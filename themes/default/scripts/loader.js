// The half of the loader that touches the document. build_loader joins it to open.js and wraps
// both in one DOMContentLoaded handler: nothing of them is global, and the sealed file is asked
// for while the style sheet is still on its way.
//
// What opened content may hold:
//   <article lang data-title>     its root: language and title of the document
//   data-part="SECRET"            a slot: another sealed file is put inside
//   data-offer                    something that a button[data-dismiss] in it takes away for good
//   data-print                    a button that prints
//   data-NAME                     whatever the asset NAME.js enhances, when the event 'sealpress'
//                                 says that content has come
//   a[href^="#"]                  a link within the page

const timeout = 30000; // of a request with its answer: a slow 2G link needs 10 s for 60 KB
const deepest = 3;

const html = document.documentElement;
const main = document.querySelector('main');
const data = document.querySelector('[type="application/json"]'); // extensions add scripts too
const { texts, assets } = JSON.parse(data.textContent);

// What passes here was opened with the client's own key, or was built into this file.
const rules = { createHTML: text => text, createScriptURL: text => text };
const policy = self.trustedTypes ? trustedTypes.createPolicy('sealpress', rules) : rules;

// The page being shown. What began under an earlier one is aborted, and checked again before it
// touches the document: two clients can share a browser.
let view;

const wordsIn = tongues => tongues.map(tongue => texts[tongue.split('-')[0]]).find(Boolean);
const words = wordsIn([...navigator.languages, ...Object.keys(texts)]);

const node = (kind, properties, ...children) => {
  const made = Object.assign(document.createElement(kind), properties);
  made.append(...children);
  return made;
};

const line = (textContent, className) => node('p', { textContent, className });

const setChildren = (place, ...children) => {
  place.textContent = '';
  place.append(...children);
};

const takeFocus = place => {
  if (place.tabIndex < 0) place.tabIndex = -1; // can take the focus, but is no stop of Tab
  place.focus({ preventScroll: true });
};

const entitle = (lang, title) => {
  html.lang = lang;
  document.title = title;
};

// A card instead of a page: what happened, what to do, whom to ask.
const say = state => {
  const { lang, site, ask, retry, [state]: [title, body, canRetry] } = words;
  const heading = node('h1', { textContent: title });
  const card = node('div', { className: 'sp-card' }, line(site, 'sp-site'), heading);
  if (body) card.append(line(body));
  if (canRetry) card.append(node('button', { textContent: retry, onclick: show }));
  if (body) card.append(line(ask, 'sp-ask'));
  if (state != 'welcome') card.role = body ? 'alert' : 'status';
  entitle(lang, title + ' · ' + site);
  main.className = 'sp-state';
  main.ariaBusy = !body;
  setChildren(main, card);
  if (body) takeFocus(heading);
};

// ── Requests ────────────────────────────────────────────────────────────────────────────────

const request = async (path, { signal }) => {
  const own = new AbortController();
  const stop = () => own.abort();
  if (signal.aborted) refuse('network');
  signal.addEventListener('abort', stop);
  setTimeout(stop, timeout); // of no effect on a request that is over
  const [status, body] = await fetch(path, {
    cache: 'no-cache',
    credentials: 'omit',
    redirect: 'error', // the portal of a hotel is no page of ours
    referrerPolicy: 'no-referrer',
    signal: own.signal,
  }).then(async answer => [answer.status, await answer.arrayBuffer()])
    .catch(() => refuse('network'));
  if (status == 200) return toBytes(body);
  refuse(/40[34]|410/.test(status) ? 'gone' : 'server');
};

// Assets run beside secrets: their digests stand in this file, so its own digest covers them.
const loading = {};
const load = asset => loading[asset] = loading[asset] || new Promise((done, fail) => {
  const [url, integrity] = assets[asset];
  const element = node('script', { integrity, onload: () => done(element) });
  element.onerror = () => {
    loading[asset] = 0; // the next one who needs it tries again
    fail(Error('network'));
  };
  element.src = policy.createScriptURL(url);
  document.head.append(element);
});

const inflater = async () => {
  try {
    new DecompressionStream('deflate-raw');
    return inflateHere;
  } catch {
    return (await load('inflate')).inflate;
  }
};

const openFile = async (sealed, own) =>
  unseal(await request('/' + sealed.path, own), sealed, inflater);

// ── Offers ──────────────────────────────────────────────────────────────────────────────────

// Kept under the addresses of page and part, so that two clients of one browser do not meet.
// Where storage is forbidden an offer is hidden for this time only.
const remembered = (about, news) => {
  const entry = view.path + ' ' + about;
  try {
    return news ? localStorage.setItem(entry, news) : localStorage.getItem(entry);
  } catch {}
};

// An offer that is all of a part goes with its slot, and is not fetched again.
const dismiss = promo => {
  const { parentNode } = promo;
  const whole = !promo.path && parentNode.path && parentNode.children.length < 2;
  const gone = whole ? parentNode : promo;
  remembered(gone.path || gone.dataset.offer, 1);
  gone.remove();
  takeFocus(main);
};

// ── Content ─────────────────────────────────────────────────────────────────────────────────

const put = (place, content, own, depth) => {
  const each = (selector, act) => place.querySelectorAll(selector).forEach(act);
  place.innerHTML = policy.createHTML(content);
  each('[data-offer]:not([data-part])', promo => {
    if (remembered(promo.dataset.offer)) promo.remove();
  });
  each('[data-part]', slot => {
    fillSlot(slot, slot.dataset.part, own, depth + 1);
    slot.dataset.part = ''; // no secret stays in the document: people save and translate pages
  });
  for (const asset in assets) each('[data-' + asset + ']', () => load(asset).catch(() => 0));
  document.dispatchEvent(new Event('sealpress'));
};

const fillSlot = async (slot, link, own, depth) => {
  slot.ariaBusy = true;
  try {
    if (depth > deepest) refuse('format');
    const sealed = await derive(link);
    if (own != view) return;
    slot.path = sealed.path;
    if (remembered(slot.path)) return slot.remove();
    own.parts[link] = own.parts[link] || openFile(sealed, own);
    const content = await own.parts[link];
    if (own == view) put(slot, content, own, depth);
  } catch ({ message }) {
    if (own != view) return;
    delete own.parts[link];
    missSlot(slot, link, own, depth, message);
  }
  slot.ariaBusy = false;
};

const missSlot = (slot, link, own, depth, reason) => {
  const { part, retry, opening } = wordsIn([html.lang, words.lang]);
  const box = node('div', { className: 'sp-fault', role: 'alert' }, line(part));
  const anew = () => {
    if (!box.isConnected) return; // another retry was quicker
    setChildren(slot, opening[0]);
    fillSlot(slot, link, own, depth);
  };
  const onclick = () => {
    anew();
    takeFocus(slot);
  };
  if (depth <= deepest) box.append(node('button', { textContent: retry, onclick }));
  if (reason == 'network') own.waiting.push(anew);
  setChildren(slot, box);
};

const show = async () => {
  if (view) view.abort();
  const own = view = Object.assign(new AbortController(), { parts: {}, waiting: [] });
  const link = location.hash.slice(1);
  if (!link) return say('welcome');
  if (!subtle) return say('insecure');
  say('opening');
  try {
    const sealed = await derive(link);
    const content = await openFile(sealed, own);
    if (own != view) return;
    own.path = sealed.path;
    main.className = '';
    put(main, content, own, 0);
    const article = main.firstElementChild || main;
    entitle(article.lang || words.lang, article.dataset.title || words.site);
    main.ariaBusy = false;
    scrollTo(0, 0);
    takeFocus(main.querySelector('h1') || main);
  } catch ({ message }) {
    if (own != view) return;
    if (message == 'network') own.waiting.push(show);
    say(words[message] ? message : 'damaged');
  }
};

// ── What the client does ────────────────────────────────────────────────────────────────────

main.onclick = event => {
  const closest = selector => event.target.closest(selector);
  const link = closest('a[href^="#"]');
  if (link) {
    event.preventDefault(); // the address is the client's key to the page: it stays as it is
    const aim = document.getElementById(decodeURI(link.getAttribute('href').slice(1))) || main;
    for (let fold = aim; fold = fold.closest('details:not([open])');) fold.open = true;
    takeFocus(aim);
    aim.scrollIntoView();
  }
  if (closest('[data-print]')) print();
  if (closest('[data-offer] [data-dismiss]')) dismiss(closest('[data-offer]'));
};

// Paper has no folds.
let folds;
onbeforeprint = () => {
  folds = main.querySelectorAll('details:not([open])');
  for (const fold of folds) fold.open = true;
};
onafterprint = () => {
  for (const fold of folds) fold.open = false;
};

const resume = () => {
  for (const anew of view.waiting.splice(0)) anew();
};
ononline = resume;
onpageshow = event => event.persisted && resume(); // back from the cache of whole pages
onhashchange = show;
show();
