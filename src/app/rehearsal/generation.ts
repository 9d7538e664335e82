import type { DependencyContainer } from 'tsyringe'
import { setTimestampsApart } from '../../ciphers/noise/handshake/tai64n.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError, PluginFault } from '../../core/api/errors.js'
import { type Fields, type Logger, silentLogger } from '../../core/api/logger.js'
import type { TunDriver } from '../../core/api/tun-device.js'
import { CLOCK } from '../../core/injection/tokens.js'
import { hostClock } from '../../core/time/system-clock.js'
import { createContainer } from '../container.js'
import { outliveFaults, takeOffline } from '../plugins/plugin-helpers.js'
import { addModule, setOptions } from '../plugins/plugins.js'
import { Tunnel } from '../tunnel/tunnel.js'
import type { RehearsedEnds } from './ends.js'
import { DRIVER, type RehearsedHost, type RehearsedHosts } from './hosts.js'
import type { Scene } from './scenes.js'

/** Turns of the event loop to wait for a lone packet. */
const MOST_TURNS = 12

/** How much hosts may send at a time. Changes during play. */
export interface Stage {
  /** Packets that each host sends in a turn. */
  readonly packets: number
  /** The heaviest scenes that are played. */
  readonly weight: Scene['weight']
}

/** Decides how long a generation plays, and counts what arrives. */
export interface Audience {
  /** Resolves after a turn of the event loop; to false if the generation is to end. */
  turn(): Promise<boolean>
  /** Called with how many packets arrived. */
  arrived(packets: number): void
}

/** Two tunnels that carry made-up packets to each other, each with a host of its own. */
export class Generation {
  readonly #near: End
  readonly #far: End

  private constructor(near: End, far: End) {
    this.#near = near
    this.#far = far
  }

  /**
   * Starts both tunnels, in several turns of the event loop.
   *
   * @param parts.rest is called between them, and resolves once real work was done.
   * @throws QanatError if one does not start; the other is closed then.
   */
  static async start(ends: RehearsedEnds, parts: GenerationParts): Promise<Generation> {
    const { plugins } = ends
    const { rest, signal } = parts
    const far = await startEnd(ends.far, { plugins, ...parts })
    // At once: what the near end has made by then may take its time to close.
    const stop = () => void closeEnd(far)
    signal.addEventListener('abort', stop)
    try {
      await rest()
      const near = await startEnd(ends.near(far.endpoint), { plugins, ...parts })
      return new Generation(near, far)
    } catch (thrown) {
      await closeEnd(far)
      throw thrown
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** Plays the scenes that `stage` admits, again and again, until the audience wants no further turn. */
  async play(scenes: readonly Scene[], stage: Stage, audience: Audience): Promise<void> {
    for (;;) {
      for (const scene of scenes) {
        if (scene.weight <= stage.weight && !(await this.#playOne(scene, stage, audience))) return
      }
    }
  }

  /** False if it broke off, since no further turn is wanted. */
  async #playOne(scene: Scene, stage: Stage, audience: Audience): Promise<boolean> {
    const most = Math.max(scene.near.length, scene.far.length)
    for (let at = 0, step = 1; at < most; at += step) {
      step = scene.lone ? 1 : scene.burst ? most : stage.packets
      this.#near.host.send(scene.near.slice(at, at + step))
      this.#far.host.send(scene.far.slice(at, at + step))
      let turns = 0
      do {
        if (!(await audience.turn())) return false
        this.#throwFault()
      } while (scene.lone && this.#take(audience) === 0 && ++turns < MOST_TURNS)
      if (!scene.untaken) this.#take(audience)
    }
    return true
  }

  /** Takes what arrived at both hosts. Returns how many packets that were. */
  #take({ arrived }: Audience): number {
    const came = this.#near.host.take() + this.#far.host.take()
    arrived(came)
    return came
  }

  /** Throws the error of a plugin's part at either end, if there was one. */
  #throwFault(): void {
    const fault = this.#near.fault() ?? this.#far.fault()
    if (fault !== undefined) throw fault
  }

  /**
   * Resolves once both tunnels are closed, which takes as long as the slower one.
   *
   * @param rest as of {@link start}: each begins to close in a turn of its own.
   */
  async close(rest: () => Promise<void>): Promise<void> {
    await Promise.all([closeEnd(this.#near), rest().then(() => closeEnd(this.#far))])
  }
}

interface End {
  readonly tunnel: Tunnel
  readonly host: RehearsedHost
  /** What it listens at. */
  readonly endpoint: URL
  /** The first error of a plugin's part; undefined if there was none. */
  readonly fault: () => Error | undefined
}

/** What a generation needs besides its configurations. */
interface GenerationParts {
  readonly hosts: RehearsedHosts
  readonly signal: AbortSignal
  readonly rest: () => Promise<void>
}

interface EndParts extends GenerationParts {
  readonly plugins: RehearsedEnds['plugins']
}

async function startEnd(config: TunnelConfig, { hosts, plugins, rest, signal }: EndParts): Promise<End> {
  let fault: Error | undefined
  /** The first error of a plugin that costs a tunnel no more than a link, or a dial. */
  let borne: Error | undefined
  let [endpoint] = config.listen
  const log: Logger = {
    ...silentLogger,
    debug(_message, fields) {
      if (fields?.plugin !== undefined && fields.stack !== undefined) borne ??= borneOf(fields)
    },
    info(message, fields) {
      if (message === 'listening') endpoint = new URL(String(fields?.endpoint))
    },
    warn(message, fields) {
      if (fields?.plugin !== undefined) fault ??= faultOf(message, fields)
    },
  }
  const container = await rehearsalContainer(log, {
    async open(options) {
      await rest()
      return hosts.open(options)
    },
  })
  for (const { origin, plugin } of plugins) addModule(container, { default: plugin }, origin)
  setOptions(container, config.pluginOptions)
  await rest()
  const tunnel = await Tunnel.start(container, config, signal).catch((thrown) => {
    hosts.host(config.tun.name!)?.close()
    throw thrown
  })
  tunnel.ended.catch((thrown) => {
    fault ??= asError(thrown)
  })
  return { tunnel, host: hosts.host(config.tun.name!)!, endpoint: endpoint!, fault: () => fault ?? borne }
}

async function closeEnd({ tunnel, host }: End): Promise<void> {
  host.close()
  await tunnel.close()
}

function faultOf(message: string, { operation, plugin, why }: Fields): PluginFault {
  return new PluginFault(`${message}: ${why}`, {
    code: 'ERR_PLUGIN_FAULT',
    plugin: String(plugin),
    operation: String(operation),
  })
}

/** Of what the faults of plugins note of each error (src/app/faults/faults.ts). */
function borneOf({ operation, plugin, stack }: Fields): PluginFault {
  const why = String(stack)
    .split('\n')[0]!
    .replace(/^\w*Error: /, '')
  return faultOf(`plugin '${plugin}'`, { operation, plugin, why: `'${operation}' failed: ${why}` })
}

/** A container that shares nothing with a user's tunnel. */
async function rehearsalContainer(log: Logger, devices: TunDriver): Promise<DependencyContainer> {
  const container = await createContainer(log, [])
  const clock = hostClock()
  setTimestampsApart(clock)
  container.register(CLOCK, { useValue: clock })
  takeOffline(container)
  outliveFaults(container)
  const summary = 'a device that is no interface'
  const driver = { api: 1, name: DRIVER, tunDrivers: { [DRIVER]: { summary, create: () => devices } } }
  addModule(container, { default: driver }, { name: DRIVER, isOwn: true })
  return container
}
