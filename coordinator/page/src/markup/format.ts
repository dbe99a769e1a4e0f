const integer = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SOON_MS = 20 * 3600 * 1000;
const minutes = { hour: '2-digit', minute: '2-digit' } as const;
const clockMinutes = new Intl.DateTimeFormat('en-GB', minutes);
const dayAndMinutes = new Intl.DateTimeFormat('en-GB', {
  ...minutes,
  weekday: 'short',
  day: 'numeric',
  month: 'short',
});
const clock = new Intl.DateTimeFormat('en-GB', { ...minutes, second: '2-digit' });

/** "12,345" */
export function whole(value: number): string {
  return integer.format(value);
}

/** Three digits or more: "0.0123", "4.56", "12,345". */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return whole(value);
  if (size < 0.001) return value.toExponential(1);
  return size >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** "8 s", "3 min 12 s", "2 h 05 min", "3 d 4 h" */
export function duration(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 60) return `${rounded} s`;
  const minutes = Math.floor(rounded / 60);
  if (minutes < 60) return `${minutes} min ${String(rounded % 60).padStart(2, '0')} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "498 kB", "512 MB", "1.4 GB" */
export function size(bytes: number): string {
  if (bytes <= 0) return '–';
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** "14:03:27", in the time of whoever looks. */
export function timeOfDay(time: Date): string {
  return clock.format(time);
}

/** "14:03", with the day where that is not soon. */
export function timeToCome(time: Date): string {
  const isSoon = time.getTime() - Date.now() < SOON_MS;
  return (isSoon ? clockMinutes : dayAndMinutes).format(time);
}

export function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)}%`;
}

/** "cpu: AMD EPYC", without the instruction sets that a CPU's name goes on with. */
export function deviceName(device: string): string {
  return device === '' ? '–' : device.replaceAll(/ (sse|avx|fma|f16c|neon|asimd|sve|amx)\w*/g, '');
}
