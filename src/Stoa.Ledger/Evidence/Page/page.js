// The page around it: takes what the reader got elsewhere, and shows each check.

const $ = id => document.getElementById(id);
const held = JSON.parse($('pack').textContent);
const files = new Map(held.files.map(file => [file.name, fromBase64(file.base64)]));
const elsewhere = new Set(held.elsewhere);
const WORDS = { proven: ['✓', 'Proven'], fits: ['≈', 'Fits'], unproven: ['?', 'Not proven'], wrong: ['✗', 'Wrong'] };
let run = 0;
// Without a key from somewhere else, or without a check of signatures, the files fit together and are nobody's yet.
let isSomebodys = true;

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const lookOf = outcome => outcome === 'proven' && !isSomebodys ? 'fits' : outcome;

function chip(outcome) {
  const look = lookOf(outcome);
  return make('span', { className: `chip ${look}` }, make('span', { textContent: WORDS[look][0], ariaHidden: 'true' }), ` ${WORDS[look][1]}`);
}

const worst = findings => ['wrong', 'unproven', 'proven'].find(outcome => findings.some(one => one.outcome === outcome));

function saveButton(name) {
  const button = make('button', { type: 'button', textContent: `Save ${name}` });
  button.addEventListener('click', () => {
    const address = URL.createObjectURL(new Blob([files.get(name)]));
    make('a', { href: address, download: name.split('/').at(-1) }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  });
  return button;
}

function card(item, findings) {
  // A file of which every line is proven is proven, although its entry counts further ones.
  const outcome = item.kind === 'members' && findings[0].outcome === 'proven' ? 'proven' : worst(findings);
  const element = make('li', { className: `card ${lookOf(outcome)}` }, make('div', { className: 'head' }, make('h3', { textContent: item.title || item.file || item.proof }), chip(outcome)));
  for (const one of findings) {
    element.append(make('p', {}, ...(findings.length > 1 ? [chip(one.outcome), ' '] : []), one.text));
    if (!one.entry) continue;
    const code = make('pre', { textContent: one.entry, tabIndex: 0 });
    code.setAttribute('aria-label', 'The entry as it stands in the log');
    element.append(make('details', {}, make('summary', { textContent: 'The entry as it stands in the log' }), code));
  }
  if (item.file && files.has(item.file)) element.append(saveButton(item.file));
  return element;
}

const line = one => make('li', {}, chip(one.outcome), make('span', { textContent: one.text }));

function show(findings, verdict) {
  const of = item => findings.filter(one => one.item === item);
  const items = [...new Set(findings.map(one => one.item).filter(Boolean))];
  const general = findings.filter(one => !one.item);
  $('verdict').className = `verdict ${verdict.look}`;
  $('verdict').dataset.verdict = verdict.name;
  $('verdict-word').textContent = verdict.title;
  $('verdict-text').textContent = verdict.text;
  $('items').replaceChildren(...items.map(item => card(item, of(item))));
  $('log').replaceChildren(...general.filter(one => one.outcome !== 'unproven').map(line));
  $('open').replaceChildren(...general.filter(one => one.outcome === 'unproven').map(line));
  for (const id of ['items', 'log', 'open']) $(`${id}-part`).hidden = $(id).childElementCount === 0;
}

const wrongVerdict = count => ({
  name: 'wrong', look: 'wrong', title: 'Something is wrong',
  text: `${count === 1 ? 'One check' : `${count} checks`} failed: something was changed, exchanged or removed, or belongs to another log. Keep this pack as it is. What failed is marked below.`,
});

function verdictOf(findings, asked, given) {
  const wrong = findings.filter(one => one.outcome === 'wrong').length;
  if (wrong > 0) return wrongVerdict(wrong);
  if (!asked.signatures) return {
    name: 'unsupported', look: 'unproven', title: 'The files fit together; who signed is not checked',
    text: 'This browser cannot check Ed25519 signatures, so that anybody could have made this pack. Use a newer browser, or the program: ' +
      'stoa verify PACK.zip --key "NAME+ID+KEY"',
  };
  if (!given) return {
    name: 'unknown-key', look: 'unproven', title: 'The files fit together; whose they are is not shown yet',
    text: 'They were checked with the key that the pack itself names, and whoever changes a pack can change that too. Paste the public key that you got from somewhere else.',
  };
  const missing = findings.some(one => one.missing);
  if (findings.some(one => one.unseen)) return {
    name: 'unseen', look: 'unproven', title: 'Proven, but not seen by every witness that you named',
    text: 'The files are what the log recorded. A witness whose key you gave did not sign this checkpoint: see below.',
  };
  const origins = [...new Set(asked.keys.map(key => key.name))].join(', ');
  return missing
    ? { name: 'partial', look: 'unproven', title: 'Nothing is wrong; some files are not here', text: 'Choose the files below that are too large for this page.' }
    : { name: 'proven', look: 'proven', title: 'Proven', text: `These files are what ${origins} recorded, byte for byte. Read below what that does not prove.` };
}

function complain(id, message) {
  $(`${id}-error`).textContent = message;
  $(id).setAttribute('aria-invalid', String(message !== ''));
  return message === '';
}

async function keysOf(id, types) {
  const keys = [];
  try {
    for (const text of $(id).value.split('\n').map(one => one.trim()).filter(Boolean)) keys.push(await readKey(text));
    if (keys.some(key => !types.includes(key.type))) throw new Error(types.includes(1) ? 'This is the key of a witness, not of a log.' : 'This is the key of a log, not of a witness.');
    complain(id, '');
    return keys;
  } catch (error) {
    complain(id, error.message);
    return null;
  }
}

function olderOf() {
  const text = $('older').value.replaceAll('\r\n', '\n').trim();
  try {
    const older = text === '' ? null : readNote(new TextEncoder().encode(text + '\n'));
    if (older) readCheckpoint(older.text);
    complain('older', '');
    return older;
  } catch {
    complain('older', 'This is no checkpoint: paste all of it, from the first line (the name of the log) to the lines that begin with a dash.');
    return undefined;
  }
}

async function policyOf() {
  const [file] = $('policy').files;
  try {
    const policy = file ? await readPolicy(new Uint8Array(await file.arrayBuffer())) : null;
    complain('policy', '');
    return policy;
  } catch (error) {
    complain('policy', error instanceof Unreadable && /^(Line |A policy|The policy)/.test(error.message) ? error.message : 'This file is no policy.');
    return undefined;
  }
}

async function check() {
  const mine = ++run;
  if (!globalThis.crypto?.subtle) {
    show([], { name: 'unsupported', look: 'unproven', title: 'Not checked', text: 'Browsers give no cryptography to pages from such an address. Open the file from your disk, or use the program.' });
    return;
  }
  const [given, witnesses, policy, older] = [await keysOf('key', [1]), await keysOf('witnesses', [4]), await policyOf(), olderOf()];
  if (!given || !witnesses || policy === undefined || older === undefined) {
    if (mine === run) show([], { name: 'input', look: 'unproven', title: 'Not checked yet', text: 'What you gave cannot be used: see the field that says so.' });
    return;
  }
  let keys = given;
  if (keys.length === 0) keys = await Promise.all(held.keys.map(readKey)).catch(() => []);
  const asked = {
    keys, witnesses, policy, older, elsewhere, signatures: await knowsEd25519(),
    progress: (name, at, count) => {
      if (mine === run && count > 5000) $('verdict-text').textContent = `${name}: ${at} of ${count} lines.`;
    },
  };
  try {
    const findings = await verifyPack(files, asked);
    if (mine !== run) return;
    isSomebodys = asked.signatures && given.length > 0;
    show(findings, verdictOf(findings, asked, given.length > 0));
  } catch (error) {
    if (mine === run) show([], { ...wrongVerdict(1), text: `The pack cannot be read: ${error.message}` });
  }
}

let waiting = 0;
for (const id of ['key', 'older', 'witnesses'])
  $(id).addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, 250);
  });

$('policy').addEventListener('change', check);

$('large-part').hidden = elsewhere.size === 0;
$('large').addEventListener('change', async event => {
  for (const file of event.target.files) {
    const name = held.elsewhere.find(one => one.split('/').at(-1) === file.name);
    if (name) files.set(name, new Uint8Array(await file.arrayBuffer()));
  }
  await check();
});

check();
