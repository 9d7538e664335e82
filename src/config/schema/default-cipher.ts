/** The cipher of an end that has a private key, if none is asked for. */
export const PRIVATE_KEY_CIPHER = 'wireguard'

/** The cipher of all others, if none is asked for: two ends share a key then. */
export const SHARED_KEY_CIPHER = 'aes-256-gcm'
