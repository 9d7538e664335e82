// @ts-check
const end = { peers: [{ id: 'peer' }] }

/** @type {import('qanat/testing').Kit} */
export default { ciphers: { rot13: { authenticates: false, setup: () => ({ near: end, far: end }) } } }
