import { type ContainerRuntimeClient, getContainerRuntimeClient, ImageName } from 'testcontainers';

/**
 * Why servers of this image cannot run in containers here, if they cannot. An image that is not there is pulled.
 * Containers share the network and a folder with the tests, so the engine must be on this machine, and Linux's own.
 */
export async function whyNoContainer(
  image: string,
  report: (status: string) => void,
): Promise<string | undefined> {
  if (process.platform !== 'linux') return `on ${process.platform} containers do not share the network`;
  let engine: ContainerRuntimeClient;
  try {
    engine = await getContainerRuntimeClient();
  } catch (error) {
    return `no Docker engine answers (${messageOf(error)})`;
  }
  const name = ImageName.fromString(image);
  if (await engine.image.exists(name)) return undefined;
  report(`pulling ${image}`);
  try {
    await engine.image.pull(name);
    return undefined;
  } catch (error) {
    return `${image} cannot be pulled (${messageOf(error)})`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
