// @ts-check
/** @type {import('qanat/testing').Kit} */
export default {
  packetHooks: {
    'packets-rate': {
      setup: () => ({ options: { rates: ['10kbit burst 64KiB'], quotas: ['1MiB'] } }),
    },
  },
}
