import { isIP } from 'node:net';
import { withoutBrackets } from '@atelier/shared/address';

/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  const name = withoutBrackets(host).toLowerCase();
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

/**
 * Whether a request's Host header names this machine. A page of another site whose name is made to resolve to
 * 127.0.0.1 (DNS rebinding) still sends its own name. The port may be another: of a tunnel.
 */
export function namesLoopback(hostHeader: string | undefined): boolean {
  if (hostHeader === undefined) return false;
  return isLoopback(hostHeader.replace(/:\d+$/, ''));
}
