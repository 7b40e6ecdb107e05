// Passkeys: the browser asks an authenticator, the form carries the answer. Without script, or without support, the password is asked for.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

async function make(data) {
  const credential = await navigator.credentials.create({
    publicKey: {
      challenge: bytes(data.challenge),
      rp: { id: data.host, name: data.site },
      user: { id: bytes(data.user), name: data.login, displayName: data.name },
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      attestation: 'none',
    },
  });
  return { client: text(credential.response.clientDataJSON), attestation: text(credential.response.attestationObject) };
}

async function show(data) {
  const credential = await navigator.credentials.get({
    publicKey: { challenge: bytes(data.challenge), rpId: data.host, userVerification: 'required' },
  });
  const { clientDataJSON, authenticatorData, signature } = credential.response;
  return { key: text(credential.rawId), client: text(clientDataJSON), data: text(authenticatorData), signature: text(signature) };
}

export function start() {
  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll('[data-passkey]')) {
    form.hidden = false;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const said = form.querySelector('[role="status"]');
      try {
        const answer = await (form.dataset.passkey === 'make' ? make : show)(form.dataset);
        for (const [name, value] of Object.entries(answer)) form.elements[name].value = value;
        form.submit();
      } catch {
        said.textContent = 'That did not work, or was stopped. Try again, or use the password.';
      }
    });
  }
}
