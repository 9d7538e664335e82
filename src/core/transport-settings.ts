/** What a transport is made of. Each takes what it needs. */
export interface TransportSettings {
  /**
   * The local port that datagram sockets bind when they dial before anything listens; 0 lets the kernel pick.
   */
  readonly localPort: number
}
