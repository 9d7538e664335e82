import { besideTunnels, ofRehearsals } from './beside-tunnels.js'
import { onConnections } from './connections.js'
import { onFullTunnels } from './full-tunnel.js'
import { asGuest } from './good-guest.js'
import { onGoodbyes, onHandshakes } from './handshakes.js'
import { onJournals } from './journals.js'
import { ofPacFiles, onAttempts, onLookUps } from './look-ups.js'
import type { Kept } from './mutant.js'
import { onSecrets } from './of-others.js'
import { onTheHost } from './on-the-host.js'
import { onPacketHooks } from './packet-hooks.js'
import { onPackets } from './packets.js'
import { ofPlugins, ofPrograms } from './plugins.js'
import { onSessions } from './sessions.js'
import { ofFrontEnds, underLoad } from './under-load.js'

/** The promises of docs/security.md, and for each what would break it. */
export const promises: readonly Kept[] = [
  ...onHandshakes,
  ...onSessions,
  ...onGoodbyes,
  ...onAttempts,
  ...onPackets,
  ...onPacketHooks,
  ...ofPlugins,
  ...underLoad,
  ...onConnections,
  ...ofFrontEnds,
  ...onSecrets,
  ...onTheHost,
  ...ofPrograms,
  ...onFullTunnels,
  ...besideTunnels,
  ...onJournals,
  ...asGuest,
  ...ofRehearsals,
  ...onLookUps,
  ...ofPacFiles,
]
