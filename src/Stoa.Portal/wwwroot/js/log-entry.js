// Verifies an entry of a log: the same computations as in evidence packs and in `stoa verify`, with what the browser has.

import { toBase64, isSignedBy, knowsEd25519, leafHash, readCheckpoint, readKey, readProof, rootOf } from './pack.js';
import { element, icon } from './words.js';

const LOOKS = { proven: ['yes', 'done', 'Proven'], open: ['quiet', 'empty', 'Not proven'], wrong: ['no', 'warning', 'Wrong'] };
const utf8 = new TextEncoder();
const equal = (one, other) => one.length === other.length && one.every((byte, i) => byte === other[i]);

async function fetched(address, what) {
  const answer = await fetch(address, { cache: 'no-store', headers: { accept: 'text/plain' } });
  if (!answer.ok) throw new Error(`${what} could not be fetched: the server answered ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function keysOf(address) {
  const lines = new TextDecoder().decode(await fetched(address, 'The public key')).split('\n').filter(Boolean);
  return Promise.all(lines.map(readKey));
}

/** Each step in words; the first that is wrong ends it. */
async function steps(box, shown, say) {
  const [bytes, keys] = await Promise.all([fetched(box.dataset.proof, 'The proof'), keysOf(box.dataset.keys)]);
  let proof, checkpoint;
  try {
    proof = readProof(bytes);
    checkpoint = readCheckpoint(proof.note.text);
  } catch (error) {
    return say('wrong', `The proof ${error.message}.`);
  }
  if (!equal(proof.entry, utf8.encode(shown))) return say('wrong', 'The proof is about another entry than the one on this page: one of the two was changed.');
  const leaf = await leafHash(proof.entry);
  say('proven', `The proof brings along the entry of this page, byte for byte. Its SHA-256, as a leaf: ${toBase64(leaf)}.`);
  const root = await rootOf(leaf, proof.index, checkpoint.size, proof.hashes);
  if (!root || !equal(root, checkpoint.root))
    return say('wrong', `The hash does not lead to the root of the checkpoint: ${checkpoint.origin} does not hold this entry at ${proof.index}, or the proof was changed.`);
  say('proven', `With ${proof.hashes.length} hashes of its neighbours it leads to the root of ${checkpoint.size} entries: the entry stands at ${proof.index}, and nothing was put in its place.`);
  if (!await knowsEd25519())
    return say('open', 'Who signed: this browser cannot check Ed25519 signatures. Download the proof and use the command below, or a newer browser.');
  if (!await isSignedBy(proof.note, checkpoint.origin, keys))
    return say('wrong', `The checkpoint is not signed with the key of ${checkpoint.origin}: it was changed, or made by somebody else.`);
  say('proven', `${checkpoint.origin} signed this checkpoint with the key ${keys[0].name}+${keys[0].id}.`);
  say('open', 'That the key is the right one: it came from this server, as this page did. Compare it with the one that you got from somewhere else.');
  const cosigners = proof.note.signatures.filter(one => one.name !== checkpoint.origin).map(one => one.name);
  say('open', cosigners.length > 0
    ? `That everybody is shown the same log: the checkpoint bears cosignatures in the name of ${cosigners.join(', ')}; check them with their keys.`
    : 'That everybody is shown the same log: no witness signed this checkpoint.');
  return say('open', 'That what the entry says is true: a log shows what was recorded, and when in its order, not that it was right.');
}

function verdictOf(outcomes) {
  if (outcomes.includes('wrong')) return ['wrong', 'Something is wrong', 'This entry is not shown to be in the log. Keep this page and the proof as they are, and ask the operator.'];
  const proven = outcomes.filter(one => one === 'proven').length;
  if (proven === 3) return ['proven', 'Verified', 'This entry is in the log, as it stands here. Read below what that does not show.'];
  return proven === 2
    ? ['open', 'Not all of it could be checked', 'The entry is where the log says; who signed the log was not checked.']
    : ['open', 'Not checked', 'Nothing is shown either way. Try again later, or use the program.'];
}

function line(outcome, text) {
  const [look, sign, word] = LOOKS[outcome];
  return element('li', {}, element('span', { class: look }, icon(sign), word), element('span', {}, text));
}

async function verify(box, button) {
  const result = box.querySelector('[data-result]');
  const shown = document.querySelector('[data-entry]').textContent;
  const lines = [];
  button.disabled = true;
  result.removeAttribute('data-verdict');
  try {
    await steps(box, shown, (outcome, text) => lines.push([outcome, text]));
  } catch (error) {
    lines.push(['open', error.message]);
  }
  const [look, title, text] = verdictOf(lines.map(([outcome]) => outcome));
  result.replaceChildren(
    element('div', { class: look === 'wrong' ? 'notice wrong' : 'notice' }, icon(LOOKS[look][1]), element('p', {}, element('strong', {}, title + '. '), text)),
    element('ul', { class: 'steps-list' }, ...lines.map(([outcome, words]) => line(outcome, words))));
  result.dataset.verdict = look;
  button.disabled = false;
}

export function start() {
  for (const box of document.querySelectorAll('[data-log-entry]')) {
    const button = box.querySelector('[data-verify]');
    // Browsers give cryptography to pages from safe addresses alone.
    if (!globalThis.crypto?.subtle) {
      box.querySelector('[data-result]').append(element('p', { class: 'below-form' }, 'Your browser gives no cryptography to pages from this address. Download the proof and use the command below.'));
      continue;
    }
    button.hidden = false;
    button.addEventListener('click', () => verify(box, button));
  }
}
