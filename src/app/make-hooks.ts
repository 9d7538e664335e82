import type { DependencyContainer } from 'tsyringe'
import type { TunnelConfig } from '../core/api/config.js'
import { asError } from '../core/api/errors.js'
import { checkHook } from '../core/hooks/check-hook.js'
import type { HookChain, HookChainParts } from '../core/hooks/hook-chain.js'
import type { NamedHook } from '../core/hooks/hook-runner.js'
import type { LoadedPart } from './plugins/loaded-part.js'
import { choosePlugin } from './plugins/plugins.js'

/** Puts the hooks of a tunnel together. */
export type MakeChain = (parts: HookChainParts) => HookChain

/**
 * Makes the packet hooks that a configuration names, in their order.
 *
 * @param made is given what closes each, and rejects if that fails or takes too long.
 * @throws QanatError if one is not known, or cannot be made.
 */
export async function makeHooks(
  container: DependencyContainer,
  { packetHooks = [], tun: { mtu } }: TunnelConfig,
  signal: AbortSignal,
  made: (close: () => Promise<void>) => void,
): Promise<MakeChain | undefined> {
  if (packetHooks.length === 0) return undefined // and no more of it is loaded
  const { HookChain } = await import('../core/hooks/hook-chain.js')
  const hooks: NamedHook[] = []
  for (const loaded of packetHooks.map((name) => choosePlugin(container, 'packet hook', name))) {
    const { faults, name, part, plugin } = loaded
    const hook = await makeHook(loaded, mtu, signal)
    made(() => faults.close('close', () => hook.close?.()))
    hooks.push({ name, plugin, sees: part.sees ?? 'packets', edits: part.edits ?? true, hook })
  }
  return (parts) => new HookChain(hooks, parts)
}

async function makeHook(
  loaded: LoadedPart<'packet hook'>,
  mtu: number,
  signal: AbortSignal,
): Promise<NamedHook['hook']> {
  const hook = await loaded.make({ mtu }, signal)
  try {
    checkHook(hook)
    return hook
  } catch (thrown) {
    throw loaded.faults.wrong('create', `returned no packet hook: ${asError(thrown).message}`, 'use')
  }
}
