import { head, keyOf, type Template } from './template.js'

/** A packet hook that drops and counts. */
export const packetsTemplate: Template = {
  does: 'drops the packets of one IP protocol, and counts them',
  plugin: ({ name, typescript }) => `${head(typescript, {
    'qanat/plugin': `{ definePlugin, ${typescript ? 'type Packet, ' : ''}PacketHeaders }`,
  })}
export default definePlugin({
  api: 1,
  name: '${name}',
  options: {
    protocol: { type: 'whole', max: 255, default: 132, help: 'The number of the protocol to be dropped' },
  },
  packetHooks: {
    ${keyOf(name)}: {
      summary: 'drops the packets of one IP protocol',
      sees: 'super-packets', // it reads headers alone, and of these one stands for many

      create({ options }) {
        const headers = new PacketHeaders()
        const drops = { protocol: 0 }
${typescript ? '        const pass = (packets: readonly Packet[]) => {' : "        const pass = (/** @type {readonly import('qanat/plugin').Packet[]} */ packets) => {"}
          const passed = packets.filter(
            ({ bytes }) => !headers.read(bytes) || headers.protocol !== options.protocol,
          )
          drops.protocol += packets.length - passed.length
          return passed.length === packets.length ? undefined : { packets: passed }
        }
        return { drops, outgoing: pass, incoming: pass }
      },
    },
  },
})
`,
  kit: ({ name }) => ({
    before: '',
    value: `{
  packetHooks: {
    // Called anew for each case. 'options' would set some, 'packets' would add packets that the hook is to do something about.
    ${keyOf(name)}: { setup: () => ({}) },
  },
}`,
  }),
  use: (name) => `--hook ${name}`,
}
