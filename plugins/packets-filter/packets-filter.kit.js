// @ts-check
/** @type {import('qanat/testing').Kit} */
export default {
  packetHooks: {
    'packets-filter': {
      setup: () => ({ options: { rules: ['drop out udp', 'allow out', 'allow in icmp'] } }),
    },
  },
}
