// Verifies an evidence pack (stoa-evidence/v1) with what every browser has: SHA-256 and Ed25519 of WebCrypto. No file, no server, no belief in either.
// It says the same as `stoa verify` (src/Stoa.Ledger/Verification), and is as strict in what it reads.

const FORMAT = 'stoa-evidence/v1';
const utf8 = new TextEncoder();
const MAX_HASHES = 63;
const LINES_AT_ONCE = 512;

class Unreadable extends Error {}

const need = (holds, message) => {
  if (!holds) throw new Unreadable(message);
};

const concat = (...parts) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const equal = (one, other) => one.length === other.length && one.every((byte, i) => byte === other[i]);
const hex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
const sha256 = async bytes => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
/** The hash of an entry as a leaf (RFC 6962, 2.1). */
export const leafHash = entry => sha256(concat([0], entry));
const nodeHash = (left, right) => sha256(concat([1], left, right));

export const toBase64 = bytes => {
  let text = '';
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
};

/** Base64 with padding; other texts for the same bytes are refused. */
export const fromBase64 = text => {
  need(/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0, 'is not base64');
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  need(toBase64(bytes) === text, 'is not base64');
  return bytes;
};

const textOf = bytes => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Unreadable('is not UTF-8');
  }
};

const hashOf = text => {
  const bytes = fromBase64(text);
  need(bytes.length === 32, 'has a hash that is none');
  return bytes;
};

const sizeOf = text => {
  need(/^(0|[1-9][0-9]{0,18})$/.test(text), 'has a number that is none');
  return BigInt(text);
};

const isKeyName = name => name.length > 0 && name.length <= 255 && !/[+\s\u0000-\u001f\u007f]/.test(name);
const idOf = bytes => hex(bytes.subarray(0, 4));

/** Public key as name+id+key (C2SP signed-note). */
export async function readKey(text) {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  need(first > 0 && second === first + 9, 'A key is a name, an id and the key itself, joined by plus.');
  const [name, id, encoded] = [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
  let bytes;
  try {
    bytes = fromBase64(encoded);
  } catch {
    throw new Unreadable('The last part of the key is not base64: it was not copied whole.');
  }
  need(isKeyName(name) && bytes.length === 33 && (bytes[0] === 1 || bytes[0] === 4), 'This is no Ed25519 key of a log or of a witness.');
  need(idOf(await sha256(concat(utf8.encode(name + '\n'), bytes))) === id, 'The id does not fit the key: it was not copied as it was.');
  return { name, id, type: bytes[0], bytes: bytes.subarray(1), text };
}

/** Signed note (C2SP signed-note): a text, an empty line, signatures. */
export function readNote(bytes) {
  const whole = textOf(bytes);
  need(!/[\u0000-\u0009\u000b-\u001f]/.test(whole), 'is no signed note');
  const end = whole.lastIndexOf('\n\n');
  need(end >= 0 && whole.endsWith('\n') && end + 2 < whole.length, 'is no signed note');
  const lines = whole.slice(end + 2, -1).split('\n');
  need(lines.length <= 100, 'has too many signatures');
  const signatures = lines.map(line => {
    const parts = /^— ([^ ]+) ([^ ]+)$/.exec(line);
    need(parts && isKeyName(parts[1]), 'has a line that is no signature');
    const signature = fromBase64(parts[2]);
    need(signature.length > 4, 'has a line that is no signature');
    return { name: parts[1], id: idOf(signature), bytes: signature.subarray(4) };
  });
  return { text: whole.slice(0, end + 1), signatures, whole };
}

/** Checkpoint (C2SP tlog-checkpoint): origin, size, root. */
export function readCheckpoint(text) {
  const lines = text.split('\n');
  need(lines.length >= 4 && lines[0].length > 0 && lines.at(-1) === '' && !lines.slice(3, -1).includes(''), 'is no checkpoint');
  return { origin: lines[0], size: sizeOf(lines[1]), root: hashOf(lines[2]) };
}

/** Proof that an entry is in a log (C2SP tlog-proof), with the entry. */
export function readProof(bytes) {
  const text = textOf(bytes);
  const parting = text.indexOf('\n\n');
  need(parting > 0, 'is no proof');
  const lines = text.slice(0, parting).split('\n');
  need(lines.shift() === 'c2sp.org/tlog-proof@v1', 'is no proof');
  need(lines.length > 0 && lines[0].startsWith('extra '), 'brings no entry along');
  const entry = fromBase64(lines.shift().slice(6));
  need(entry.length <= 65535, 'has an entry that is too long');
  need(lines.length > 0 && lines[0].startsWith('index '), 'has no index');
  const index = sizeOf(lines.shift().slice(6));
  need(lines.length <= MAX_HASHES, 'has too many hashes');
  return { entry, index, hashes: lines.map(hashOf), note: readNote(utf8.encode(text.slice(parting + 2))) };
}

/** The root that a proof leads to; null when it is too short or too long (RFC 9162, 2.1.3.2). */
export async function rootOf(leaf, index, size, hashes) {
  if (index < 0n || index >= size) return null;
  let [at, last, root] = [index, size - 1n, leaf];
  for (const hash of hashes) {
    if (last === 0n) return null;
    if ((at & 1n) === 1n || at === last) {
      root = await nodeHash(hash, root);
      while ((at & 1n) === 0n && at !== 0n) [at, last] = [at >> 1n, last >> 1n];
    } else root = await nodeHash(root, hash);
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n ? root : null;
}

/** Whether a tree begins with a smaller one (RFC 9162, 2.1.4.2). */
export async function isConsistent(smaller, smallerRoot, size, root, hashes) {
  if (smaller > size) return false;
  if (smaller === size) return hashes.length === 0 && equal(smallerRoot, root);
  if (smaller === 0n) return hashes.length === 0 && equal(smallerRoot, await sha256(new Uint8Array()));
  let rest = hashes;
  let [at, last, begin] = [smaller - 1n, size - 1n, smallerRoot];
  while ((at & 1n) === 1n) [at, last] = [at >> 1n, last >> 1n];
  if ((smaller & (smaller - 1n)) !== 0n) [begin, rest] = [hashes[0], hashes.slice(1)];
  if (hashes.length === 0) return false;
  let [before, after] = [begin, begin];
  for (const hash of rest) {
    if (last === 0n) return false;
    if ((at & 1n) === 1n || at === last) {
      [before, after] = [await nodeHash(hash, before), await nodeHash(hash, after)];
      while ((at & 1n) === 0n && at !== 0n) [at, last] = [at >> 1n, last >> 1n];
    } else after = await nodeHash(after, hash);
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n && equal(before, smallerRoot) && equal(after, root);
}

const POLICY_ENTRIES = 64;
const POLICY_LENGTH = 256 * 1024;
const NOBODY = 'none';

const isAddress = text => {
  try {
    return ['http:', 'https:'].includes(new URL(text).protocol);
  } catch {
    return false;
  }
};

/** Which logs are trusted, and how many witnesses must have signed (C2SP tlog-policy). */
export async function readPolicy(bytes) {
  need(bytes.length <= POLICY_LENGTH, `A policy has at most ${POLICY_LENGTH} bytes.`);
  const policy = { logs: [], witnesses: [], groups: new Map(), quorum: null };
  const isDefined = name => policy.groups.has(name) || policy.witnesses.some(one => one.name === name);
  const keyOf = async (text, type, known, message) => {
    const key = await readKey(text).catch(() => null);
    need(key?.type === type, message);
    need(!known.some(one => equal(one.key.bytes, key.bytes)), 'repeats a key');
    need(known.length < POLICY_ENTRIES, `is one too many: there are at most ${POLICY_ENTRIES}`);
    return key;
  };
  const isNew = name => need(name !== NOBODY && !isDefined(name), `defines '${name}' again`);
  const hasWords = (words, least, most) => need(words.length >= least && words.length <= most, `does not have the words that follow '${words[0]}'`);
  const take = {
    async log(words) {
      hasWords(words, 2, 3);
      need(words.length < 3 || isAddress(words[2]), 'has an address that is none');
      policy.logs.push({ key: await keyOf(words[1], 1, policy.logs, 'has no key of a log: name, id and Ed25519 key, joined by plus') });
    },
    async witness(words) {
      hasWords(words, 3, 4);
      isNew(words[1]);
      need(words.length < 4 || isAddress(words[3]), 'has an address that is none');
      policy.witnesses.push({ name: words[1], key: await keyOf(words[2], 4, policy.witnesses, 'has no key of a witness: name, id and key of cosignatures, joined by plus') });
    },
    group(words) {
      hasWords(words, 4, Infinity);
      const [, name, word, ...members] = words;
      need(policy.groups.size < POLICY_ENTRIES, `is one group too many: there are at most ${POLICY_ENTRIES}`);
      isNew(name);
      for (const member of members) need(isDefined(member), `names '${member}', which no line before it defines`);
      // Who is in two groups would count twice for the quorum.
      need(new Set(members).size === members.length && ![...policy.groups.values()].some(one => one.members.some(member => members.includes(member))),
        'has a member that is in a group already');
      const least = word === 'all' ? members.length : word === 'any' ? 1 : /^[1-9][0-9]{0,8}$/.test(word) ? Number(word) : 0;
      need(least >= 1 && least <= members.length, `takes all, any or a number from 1 to ${members.length}`);
      policy.groups.set(name, { least, members });
    },
    quorum(words) {
      hasWords(words, 2, 2);
      need(policy.quorum === null, "is a second line 'quorum'");
      need(words[1] === NOBODY || isDefined(words[1]), `names '${words[1]}', which no line before it defines`);
      policy.quorum = words[1];
    },
  };
  for (const [i, line] of textOf(bytes).replace(/^\ufeff/, '').split('\n').entries()) {
    const words = line.split(/[ \t]+/).filter(Boolean);
    try {
      need(!/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line), 'has a control character');
      if (words.length === 0 || words[0].startsWith('#')) continue;
      need(Object.hasOwn(take, words[0]), `begins with '${words[0]}'; a line begins with log, witness, group or quorum`);
      await take[words[0]](words);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      throw new Unreadable(`Line ${i + 1} ${error.message}.`);
    }
  }
  need(policy.quorum !== null, "The policy has no line 'quorum'.");
  return policy;
}

// Whether so many signed as it asks for.
const isMet = ({ groups }, name, signed) => groups.has(name)
  ? groups.get(name).members.filter(member => isMet({ groups }, member, signed)).length >= groups.get(name).least
  : signed.has(name);

const canonical = value => {
  if (typeof value === 'string') {
    need(!/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value), 'has half a letter');
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    need(Number.isInteger(value) && Math.abs(value) <= 2 ** 53, 'has a fraction');
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value === 'boolean') return String(value);
  return `{${Object.keys(value).sort().map(name => `${canonical(name)}:${canonical(value[name])}`).join(',')}}`;
};

// Of a text that is not canonical (RFC 8785) two readers may understand two things.
const membersOf = entry => {
  try {
    const text = textOf(entry);
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) && canonical(value) === text ? value : {};
  } catch {
    return {};
  }
};

const own = (value, name) => Object.hasOwn(value, name) ? value[name] : undefined;

const NAME = /^(?=.{1,200}$)[A-Za-z0-9_-](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?(?:\/[A-Za-z0-9_-](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?)*$/;
const KINDS = { entry: ['proof'], digest: ['file', 'proof'], commitment: ['file', 'proof', 'salt'], members: ['file', 'proofs'], detail: ['file', 'lines', 'member'] };

const only = (value, names) => {
  need(typeof value === 'object' && value !== null && !Array.isArray(value), 'has something else where an object belongs');
  for (const name of Object.keys(value)) need(names.includes(name), `has a member '${name}' where none belongs`);
  for (const name of names) need(Object.hasOwn(value, name), `has no '${name}'`);
};

/** What a pack is to prove. */
export function readManifest(bytes) {
  let value;
  try {
    value = JSON.parse(textOf(bytes));
  } catch {
    throw new Unreadable('is not JSON, or was damaged');
  }
  only(value, ['format', 'made', 'about', 'keys', 'items', 'consistency']);
  need(value.format === FORMAT, `is of another format than ${FORMAT}`);
  need(typeof value.made === 'string' && typeof value.about === 'string', 'has something else where a text belongs');
  for (const list of ['keys', 'items', 'consistency']) need(Array.isArray(value[list]) && value[list].length <= 4096, `has no list '${list}'`);
  for (const item of value.items) {
    const members = typeof item === 'object' && item !== null && typeof item.kind === 'string' && Object.hasOwn(KINDS, item.kind) ? KINDS[item.kind] : null;
    need(members, `has an item of a kind that ${FORMAT} does not have`);
    only(item, ['kind', 'title', ...members]);
    need(typeof item.title === 'string', 'has something else where a text belongs');
    for (const name of members) need(typeof item[name] === 'string' && (name === 'salt' || NAME.test(item[name])), 'names a file that no file may be called');
    if (item.kind === 'commitment') need(fromBase64(item.salt).length === 32, 'has a salt that is not 32 bytes');
  }
  for (const one of value.consistency) {
    only(one, ['log', 'from', 'to', 'file']);
    need(typeof one.log === 'string' && Number.isSafeInteger(one.from) && Number.isSafeInteger(one.to) && 0 <= one.from && one.from <= one.to &&
      typeof one.file === 'string' && NAME.test(one.file), 'has a consistency proof that is none');
  }
  return value;
}

/** Whether this browser can check signatures of logs. */
export async function knowsEd25519() {
  try {
    // RFC 8032, 7.1, test 1.
    const key = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';
    const signature = '5VZDAMNgrHKQhuLMgG6Ciok5e8GZ8PGHL4hH9bqtLyoW9GvAqJ1n8ka0KBKPB8nNlJvCeRiMIVGS8Z7ZFWmACw==';
    return typeof await crypto.subtle.verify('Ed25519', await crypto.subtle.importKey('raw', fromBase64(key), 'Ed25519', false, ['verify']),
      fromBase64(signature), new Uint8Array()) === 'boolean';
  } catch {
    return false;
  }
}

const verifies = async (key, signature, message) => crypto.subtle.verify('Ed25519',
  await crypto.subtle.importKey('raw', key.bytes, 'Ed25519', false, ['verify']), signature, message);

// The time at which a key signed: 0 for a log's, which says none; null when it did not, or one of its signatures is wrong.
async function timeOf(note, key) {
  let found = null;
  for (const signature of note.signatures.filter(one => one.id === key.id && one.name === key.name)) {
    let [time, bytes, message] = [0, signature.bytes, note.text];
    if (key.type === 4) {
      if (bytes.length !== 72) return null;
      const seconds = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
      // The year 9999 ends there: what comes after is no time.
      if (seconds > 253402300799n) return null;
      [time, bytes, message] = [Number(seconds), bytes.subarray(8), `cosignature/v1\ntime ${seconds}\n${note.text}`];
    }
    if (bytes.length !== 64 || !await verifies(key, bytes, utf8.encode(message))) return null;
    found = time;
  }
  return found;
}

const stands = (note, key) => note.signatures.some(one => one.id === key.id && one.name === key.name);

/** Whether a note bears a signature of one of a log's keys, and none in the name of another of them that is wrong. */
export async function isSignedBy(note, origin, keys) {
  const known = keys.filter(key => key.type === 1 && key.name === origin);
  const times = await Promise.all(known.map(key => timeOf(note, key)));
  return times.some(time => time !== null) && known.every((key, i) => times[i] !== null || !stands(note, key));
}

const timeText = seconds => new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
const shown = entry => {
  try {
    return textOf(entry);
  } catch {
    return `${entry.length} bytes that are no text`;
  }
};

/**
 * Verifies a pack.
 * @param {Map<string, Uint8Array>} files The files by name.
 * @param {{ keys: object[], witnesses?: object[], older?: object, signatures?: boolean, elsewhere?: Set<string>, progress?: Function }} asked
 *   Keys as readKey gives them; a note as readNote gives it; whether signatures can be checked; names of files that are not here.
 * @returns {Promise<{ outcome: 'proven' | 'unproven' | 'wrong', text: string, item?: object, entry?: string }[]>} Each check, in words.
 */
export async function verifyPack(files, asked) {
  const findings = [];
  const say = (outcome, text, more) => findings.push({ outcome, text, ...more });
  const { keys, witnesses = [], policy = null, older = null, signatures = true, elsewhere = new Set(), progress = () => {} } = asked;
  const notes = new Map();
  const entries = new Map();
  let manifest;
  try {
    need(files.has('evidence.json'), 'is missing');
    manifest = readManifest(files.get('evidence.json'));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    say('wrong', `evidence.json ${error.message}.`);
    return findings;
  }

  const isSigned = async (note, origin) => !signatures || await isSignedBy(note, origin, keys);

  async function takeNote(note) {
    const checkpoint = readCheckpoint(note.text);
    const { origin, size } = checkpoint;
    if (signatures && !keys.some(key => key.type === 1 && key.name === origin)) {
      say('wrong', `The checkpoint is of '${origin}', and no key of it was given.`);
      return null;
    }
    if (!await isSigned(note, origin)) {
      say('wrong', `The checkpoint is not signed with the key of ${origin}: it was changed, or made by somebody else.`);
      return null;
    }
    if (signatures) say('proven', `${origin} signed that it holds ${size} entries with the root ${toBase64(checkpoint.root)}.`);
    else say('unproven', `Whether ${origin} signed the checkpoint: this browser cannot check its signature.`);
    for (const key of signatures ? witnesses : []) {
      const time = await timeOf(note, key);
      if (time !== null) say('proven', `The witness ${key.name} saw the log so, and saw it only grow, at ${timeText(time)}.`);
      else if (stands(note, key)) say('wrong', `The cosignature of ${key.name} is not that witness's: it was changed, or made by somebody else.`);
      else say('unproven', `Whether the witness ${key.name} saw the log so: it did not sign this checkpoint.`, { unseen: true });
    }
    if (signatures && policy) await takePolicy(note, origin);
    return checkpoint;
  }

  async function takePolicy(note, origin) {
    const trusted = [];
    for (const { key } of policy.logs)
      if (key.name === origin && keys.some(one => one.text === key.text) && await timeOf(note, key) !== null) trusted.push(key);
    if (policy.logs.length > 0 && trusted.length === 0) say('wrong', `The policy does not trust the key of ${origin}.`);
    if (policy.quorum === NOBODY) return;
    const seen = [];
    for (const { name, key } of policy.witnesses) {
      const time = await timeOf(note, key);
      if (time !== null) seen.push({ name, time });
      else if (stands(note, key)) say('wrong', `The cosignature of ${name} is not that witness's: it was changed, or made by somebody else.`);
    }
    const names = seen.map(one => `${one.name} at ${timeText(one.time)}`).join(', ');
    if (isMet(policy, policy.quorum, new Set(seen.map(one => one.name))))
      say('proven', `As many witnesses as the policy asks for saw the log so, and saw it only grow: ${names}.`);
    else say('wrong', seen.length === 0
      ? "None of the policy's witnesses signed the checkpoint: others may be shown another log."
      : `Fewer witnesses signed the checkpoint than the policy asks for: ${names}. Others may be shown another log.`);
  }

  async function readEntry(name) {
    try {
      need(files.has(name), 'is missing');
      const proof = readProof(files.get(name));
      if (!notes.has(proof.note.whole)) notes.set(proof.note.whole, await takeNote(proof.note));
      const checkpoint = notes.get(proof.note.whole);
      need(checkpoint, 'proves nothing, as its checkpoint is not to be believed');
      const root = await rootOf(await leafHash(proof.entry), proof.index, checkpoint.size, proof.hashes);
      if (root && equal(root, checkpoint.root))
        return { name: `entry ${proof.index} of ${checkpoint.origin}`, members: membersOf(proof.entry), text: shown(proof.entry) };
      say('wrong', `The entry in ${name} is not the one that ${checkpoint.origin} holds at ${proof.index}: one of the two was changed.`);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      say('wrong', `${name} ${error.message}.`);
    }
    return null;
  }

  const entryOf = async name => {
    if (!entries.has(name)) entries.set(name, await readEntry(name));
    return entries.get(name);
  };

  const checks = {
    async entry(item) {
      const entry = await entryOf(item.proof);
      if (entry) say('proven', `This is ${entry.name}, byte for byte.`, { item, entry: entry.text });
      else say('wrong', 'The entry is not proven: see what is wrong with its proof.', { item });
    },
    async digest(item) {
      const entry = await entryOf(item.proof);
      const digest = entry && own(entry.members, 'digest');
      const more = { item, entry: entry?.text };
      if (typeof digest !== 'string') say('wrong', `${item.file} is not proven: its entry is not, or has no digest.`, more);
      else if (`sha256:${hex(await sha256(files.get(item.file)))}` === digest)
        say('proven', `${item.file} is the file whose digest ${entry.name} holds, byte for byte.`, more);
      else say('wrong', `${item.file} is not the file whose digest ${entry.name} holds: it was changed or exchanged.`, more);
    },
    async commitment(item) {
      const entry = await entryOf(item.proof);
      const commit = entry && own(entry.members, 'commit');
      const more = { item, entry: entry?.text };
      if (typeof commit !== 'string') say('wrong', `${item.file} is not proven: its entry is not, or has no commitment.`, more);
      else if (`sha256:${hex(await sha256(concat(utf8.encode('stoa/commit/v1'), fromBase64(item.salt), files.get(item.file))))}` === commit)
        say('proven', `${item.file} is what ${entry.name} holds a commitment to, byte for byte.`, more);
      else say('wrong', `${item.file} is not what ${entry.name} holds a commitment to: the file or its salt was changed or exchanged.`, more);
    },
    async members(item) {
      const blocks = new Map();
      const found = await verifyLines(item, blocks);
      if (found.length > 0) for (const text of found) say('wrong', text, { item });
      else sayMembers(item, blocks);
    },
    async detail(item) {
      const digest = hex(await sha256(files.get(item.file)));
      const line = sought.get(`${item.lines} ${item.member} ${digest}`);
      if (line) say('proven', `${item.file} is the file whose digest stands in ${item.lines}, line ${line}, as '${item.member}', byte for byte.`, { item });
      else say('wrong', `${item.file} is not proven: no line of ${item.lines} that is proven has its digest as '${item.member}'.`, { item });
    },
  };

  // Digests that proven lines have, by file, member and digest: of the members that somebody asks for.
  const sought = new Map();
  const asks = new Map();
  for (const { lines, member } of manifest.items.filter(item => item.kind === 'detail')) asks.set(lines, (asks.get(lines) ?? new Set()).add(member));
  const seekIn = (item, number, line) => {
    if (!asks.has(item.file)) return;
    const members = membersOf(line);
    for (const member of asks.get(item.file)) {
      const value = own(members, member);
      if (typeof value === 'string') sought.set(`${item.file} ${member} ${value.replace(/^sha256:/, '')}`, number);
    }
  };

  // Lines, each ended by a newline.
  const linesOf = (name, bytes) => {
    const lines = [];
    for (let begin = 0; begin < bytes.length;) {
      const end = bytes.indexOf(10, begin);
      need(end >= 0, `${name} does not end in a newline: it was cut.`);
      lines.push(bytes.subarray(begin, end));
      begin = end + 1;
    }
    return lines;
  };

  async function blockOf(name, blocks) {
    if (!blocks.has(name)) {
      const entry = await entryOf(name);
      const members = entry?.members ?? {};
      // Batches of accesses say the root by another name.
      const root = own(members, 'root') ?? (own(members, 'type') === 'exchange.batch' ? own(members, 'digest') : undefined);
      const count = own(members, 'count');
      const isBlock = typeof root === 'string' && /^sha256:[0-9a-f]{64}$/.test(root) && Number.isSafeInteger(count) && count > 0;
      blocks.set(name, isBlock ? { entry, root: root.slice(7), count, seen: new Set() } : null);
    }
    return blocks.get(name);
  }

  async function verifyLine(item, number, line, encoded, blocks) {
    const parts = textOf(encoded).split(' ');
    need(parts.length >= 2 && NAME.test(parts[0]) && parts.length - 2 <= MAX_HASHES, `${item.proofs} has no proof in line ${number}: it was damaged.`);
    const [index, hashes] = [sizeOf(parts[1]), parts.slice(2).map(hashOf)];
    const block = await blockOf(parts[0], blocks);
    need(block, `${item.file}, line ${number}, is not proven: ${parts[0]} is not, or names no root and count of records.`);
    const root = await rootOf(await leafHash(line), index, BigInt(block.count), hashes);
    need(root && hex(root) === block.root, `${item.file}, line ${number}, is not what ${block.entry.name} recorded at ${index}: it was changed or exchanged.`);
    need(!block.seen.has(index), `${item.file}, line ${number}, stands there twice: ${block.entry.name} recorded it once.`);
    block.seen.add(index);
    seekIn(item, number, line);
  }

  async function verifyLines(item, blocks) {
    const wrong = [];
    const take = error => {
      if (!(error instanceof Unreadable)) throw error;
      wrong.push(error.message.startsWith(item.file) || error.message.startsWith(item.proofs) ? error.message : `${item.proofs} ${error.message}.`);
    };
    try {
      const lines = linesOf(item.file, files.get(item.file));
      const proofs = linesOf(item.proofs, files.get(item.proofs));
      need(lines.length === proofs.length, `${item.file} and ${item.proofs} do not have as many lines: some were removed or added.`);
      need(lines.length > 0, `${item.file} has no lines, so that it proves nothing.`);
      for (let i = 0; i < lines.length && wrong.length < 20; i += LINES_AT_ONCE) {
        // The first of each run asks for its block, the others find it.
        for (const proof of proofs.slice(i, i + LINES_AT_ONCE)) {
          const end = proof.indexOf(32);
          if (end > 0 && NAME.test(shown(proof.subarray(0, end)))) await blockOf(shown(proof.subarray(0, end)), blocks);
        }
        const run = lines.slice(i, i + LINES_AT_ONCE).map((line, at) => verifyLine(item, i + at + 1, line, proofs[i + at], blocks).catch(take));
        await Promise.all(run);
        progress(item.file, Math.min(i + LINES_AT_ONCE, lines.length), lines.length);
      }
    } catch (error) {
      take(error);
    }
    return wrong.slice(0, 20);
  }

  function sayMembers(item, blocks) {
    const all = [...blocks.values()];
    const count = all.reduce((sum, block) => sum + block.seen.size, 0);
    say('proven', count === 1
      ? `The one line of ${item.file} is a record that was sealed in the log, byte for byte.`
      : `Each of the ${count} lines of ${item.file} is a record that was sealed in the log, byte for byte, and none stands there twice.`, { item });
    const which = seen => count === 1 ? 'It is' : seen === 1 ? '1 of them is' : `${seen} of them are`;
    for (const block of all.slice(0, 20)) {
      const seen = block.seen.size;
      if (seen === block.count)
        say('proven', `${which(seen)} ${seen === 1 ? 'the only record' : 'all records'} that ${block.entry.name} sealed.`, { item, entry: block.entry.text });
      else
        say('unproven', `${which(seen)} ${seen === 1 ? 'one' : 'some'} of the ${block.count} records that ${block.entry.name} sealed; ` +
          `what the others say is not in ${item.file}.`, { item, entry: block.entry.text });
    }
    if (all.length > 20) say('unproven', `The lines are of ${all.length - 20} further entries.`, { item });
  }

  async function compareWithOlder(before) {
    const later = [...new Map([...notes.values()].filter(Boolean).map(one => [`${one.origin} ${one.size} ${toBase64(one.root)}`, one])).values()];
    if (!later.some(one => one.origin === before.origin)) say('wrong', `The older checkpoint is of ${before.origin}, and the pack proves nothing about that log.`);
    for (const now of later) {
      if (now.origin !== before.origin) {
        say('unproven', `Whether ${now.origin} is the log of earlier: the older checkpoint is that of ${before.origin}.`);
        continue;
      }
      const named = manifest.consistency.find(one => one.log === now.origin && BigInt(one.from) === before.size && BigInt(one.to) === now.size);
      let hashes = [];
      if (now.size < before.size) {
        say('unproven', 'Whether the log of this pack became that of the older checkpoint: the pack is the older of the two. Ask for a new one.');
        continue;
      } else if (now.size > before.size && before.size > 0n) {
        if (!named) {
          say('unproven', `Whether the log goes on from the older checkpoint: the pack brings no proof from ${before.size} to ${now.size} entries. ` +
            'Ask for a pack that does, by the size of your checkpoint.');
          continue;
        }
        try {
          need(files.has(named.file), 'is missing');
          const text = textOf(files.get(named.file));
          need(text === '' || text.endsWith('\n'), 'is no consistency proof');
          hashes = text === '' ? [] : text.slice(0, -1).split('\n').map(hashOf);
          need(hashes.length <= MAX_HASHES, 'is no consistency proof');
        } catch (error) {
          if (!(error instanceof Unreadable)) throw error;
          say('wrong', `${named.file} ${error.message}.`);
          continue;
        }
      }
      if (await isConsistent(before.size, before.root, now.size, now.root, hashes))
        say('proven', `The log begins with the ${before.size} entries of the older checkpoint: none of them was changed, removed or put elsewhere.`);
      else say('wrong', `It is not shown that the log begins with the ${before.size} entries of the older checkpoint: its past was changed, or the proof was. Keep both.`);
    }
  }

  if (manifest.items.length === 0) say('wrong', 'evidence.json says nothing of any file, so that the pack proves nothing.');
  // Details are told from lines, which come first.
  for (const item of [...manifest.items.filter(one => one.kind !== 'detail'), ...manifest.items.filter(one => one.kind === 'detail')]) {
    const wanted = [item.file, item.proofs, item.lines].filter(Boolean);
    const missing = wanted.find(name => !files.has(name));
    if (missing && elsewhere.has(missing)) say('unproven', `${missing} is too large for this page. Choose it below, or use the program.`, { item, missing });
    else if (missing) say('wrong', `${missing} is missing.`, { item });
    else await checks[item.kind](item);
  }

  const logs = Map.groupBy ? Map.groupBy([...notes.values()].filter(Boolean), one => `${one.origin} ${one.size}`) : new Map();
  for (const [, same] of logs)
    if (new Set(same.map(one => toBase64(one.root))).size > 1) say('wrong', `${same[0].origin} signed two roots for ${same[0].size} entries: it contradicts itself. Keep this pack.`);

  if (!older) say('unproven', 'Whether the log is the one of earlier: no older checkpoint was given.');
  else {
    let before = null;
    try {
      before = readCheckpoint(older.text);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
    if (before && await isSigned(older, before.origin)) await compareWithOlder(before);
    else say('wrong', 'The older checkpoint is not one of this log, signed with this key.');
  }
  if (witnesses.length === 0 && (policy === null || policy.quorum === NOBODY)) say('unproven', 'Whether everybody is shown the same log: neither keys of witnesses were given, nor a policy that asks for some.');
  const spoken = new Set(['evidence.json', ...entries.keys(), ...manifest.consistency.map(one => one.file), ...manifest.items.flatMap(item => [item.file, item.proof, item.proofs])]);
  for (const name of [...files.keys()].filter(name => !spoken.has(name)))
    say('unproven', `${name}: evidence.json does not speak of this file, and nothing is known of it.`);
  say('unproven', 'Titles, and what the pack says that it is about: nobody signs them.');
  say('unproven', 'That nothing was left out: a pack holds what somebody chose to put in.');
  say('unproven', 'That what an entry says is true: the log shows what was recorded, not that it was right.');
  return findings;
}
