import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../test/platform.ts';
import { type Scene, setScene } from '../../test/scene.ts';
import { createDirectory, type Directory } from './directory.ts';

let scene: Scene;
let directory: Directory;
let close: () => Promise<unknown>;

beforeAll(async () => {
  scene = await setScene();
  const peers = scene.connectPeers();
  directory = createDirectory(peers, 100);
  close = () => Promise.all(Object.values(peers).map((peer) => peer.close()));
});

afterAll(async () => {
  await close();
  await scene.stop();
});

const ownerOf = async (walletId: string) => {
  const wallet = await directory.wallet(walletId);
  if (!wallet) throw new Error(`There is no ${walletId}`);
  return directory.party(wallet);
};

describe('the owner of a wallet', () => {
  it('is asked for along with a wallet that was asked about before, not after it', async () => {
    await ownerOf(scene.benUsd);
    const asked = scene.profiles.asked.length;
    scene.wallets.misbehave('hanging', { times: 1 });
    const wallet = directory.wallet(scene.benUsd).catch((error: unknown) => error);
    await eventually(() => scene.profiles.asked.length > asked);
    expect(await wallet).toBeInstanceOf(Error);
  });

  it('has the name and the tier of now', async () => {
    expect(await ownerOf(scene.amaUsd)).toMatchObject({ displayName: 'Ama Mensah', tier: 'BASIC' });
    scene.profiles.rename(scene.ama, 'Ama Boateng');
    scene.profiles.putInTier(scene.ama, 'VERIFIED');
    expect(await ownerOf(scene.amaUsd)).toMatchObject({ displayName: 'Ama Boateng', tier: 'VERIFIED' });
  });

  it('may be out of reach without the wallet being so', async () => {
    await ownerOf(scene.benUsd);
    scene.profiles.misbehave('down', { times: 1 });
    const wallet = await directory.wallet(scene.benUsd);
    expect(wallet?.ownerId).toBe(scene.ben);
    expect(wallet && (await directory.party(wallet).catch((error: unknown) => error))).toBeInstanceOf(Error);
    expect(await ownerOf(scene.benUsd)).toMatchObject({ displayName: 'Ben Okafor' });
  });
});
