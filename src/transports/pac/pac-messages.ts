/** What a worker is to find out. */
export interface PacQuestion {
  readonly script: string
  /** The endpoint as browsers tell it: without path, query and login. */
  readonly url: string
  readonly host: string
  /** This host's IPv4 address. */
  readonly ownAddress: string
}

/** What the worker that runs a script tells. */
export type FromWorker =
  | { readonly kind: 'begins' }
  | { readonly kind: 'name'; readonly id: number; readonly name: string }
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'no-script'; readonly line: number }
  | { readonly kind: 'no-function' }
  | { readonly kind: 'throws'; readonly why: string }

/** The IPv4 address of a name that it asked for; null if there is none. */
export interface ToWorker {
  readonly id: number
  readonly address: string | null
}
