import { head, importLine, keyOf, type Template } from './template.js'

/** A cipher out of an AEAD, with its known answers. */
export const cipherTemplate: Template = {
  does: 'seals packets by ChaCha20-Poly1305 of OpenSSL, by a key that both ends share',
  plugin: ({ name, typescript }) => `${head(typescript, {
    'node:crypto': '{ createCipheriv, createDecipheriv }',
    qanat: '{ noiseCipher }',
    'qanat/plugin': `{ ${typescript ? 'type AeadFunctions, ' : ''}definePlugin }`,
  })}
/** Bytes. RFC 8439 section 2.8 */
const TAG = 16

${typescript ? 'export const aead: AeadFunctions = {' : "/** @type {import('qanat/plugin').AeadFunctions} */\nexport const aead = {"}
  ...{ keyBytes: 32, nonceBytes: 12, tagBytes: TAG },

  seal(key, nonce, text, associated) {
    const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG })
    cipher.setAAD(associated, { plaintextLength: text.length })
    return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
  },

  /** What is not authentic throws, and is dropped and counted. */
  open(key, nonce, sealed, associated) {
    const length = sealed.length - TAG
    const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG })
    decipher.setAAD(associated, { plaintextLength: length })
    decipher.setAuthTag(sealed.subarray(length))
    return Buffer.concat([decipher.update(sealed.subarray(0, length)), decipher.final()])
  },
}

/** Datagrams that one key may seal: as many as the counter can count. */
const limits = { rekeyAfter: 2 ** 52, rejectAfter: 2 ** 53 - 1 }

export default definePlugin({
  api: 1,
  name: '${name}',
  ciphers: { ${keyOf(name)}: noiseCipher({ name: '${name}', aead, limits }) },
})
`,
  kit: ({ name }) => ({
    before: `${importLine('{ aead }', './index.js')}
/** Known answers of somebody else: RFC 8439 section 2.8.2. */
const vectors = [
  {
    key: '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
    nonce: '070000004041424344454647',
    associated: '50515253c0c1c2c3c4c5c6c7',
    text: Buffer.from(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    ).toString('hex'),
    sealed:
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
      '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
      '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
      '3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
  },
]

/** What both ends are given. */
const end = { key: Buffer.alloc(32, 7).toString('base64'), peers: [{ id: 'peer' }] }
`,
    value: `{
  ciphers: {
    ${keyOf(name)}: {
      authenticates: true,
      // Milliseconds of 'noiseCipher': keys are renewed after two minutes, and forgotten within ten.
      sessions: { rekeyAfter: 120_000, idleAfter: 600_000, extended: true },
      aead: { aead, vectors },
      setup: () => ({ near: end, far: end }),
    },
  },
}`,
  }),
  use: (name) => `--cipher ${name} --key-file key`,
}
