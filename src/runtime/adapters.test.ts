import { describe, expect, it } from 'vitest';
import { isSoftwareName, linuxAdapter, parseRegistry, windowsAdapter } from './adapters.ts';

describe('adapters', () => {
  it('knows software renderers by name', () => {
    for (const name of ['google swiftshader', 'llvmpipe (LLVM 17.0.6, 256 bits)', '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json', 'Microsoft Basic Render Driver', 'Microsoft Remote Display Adapter']) expect(isSoftwareName(name)).toBe(true);
    for (const name of ['nvidia ampere', 'apple metal-3', 'intel gen-12lp', '/usr/share/vulkan/icd.d/radeon_icd.x86_64.json', '/etc/vulkan/icd.d/nvidia_icd.json', 'NVIDIA GeForce RTX 3060']) expect(isSoftwareName(name)).toBe(false);
  });

  it('Linux: a real GPU needs the loader, a hardware driver and a device file', () => {
    const lvp = '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json';
    const intel = '/usr/share/vulkan/icd.d/intel_icd.x86_64.json';
    const node = ['/dev/dri/renderD128'];
    expect(linuxAdapter({ loader: true, drivers: [lvp, intel], devices: node })).toBe('real');
    expect(linuxAdapter({ loader: true, drivers: [lvp, intel], devices: [] })).toBe('software');
    expect(linuxAdapter({ loader: true, drivers: [lvp], devices: node })).toBe('software');
    expect(linuxAdapter({ loader: true, drivers: [], devices: node })).toBe('none');
    expect(linuxAdapter({ loader: false, drivers: [intel], devices: node })).toBe('none');
  });

  it('Windows: by the names of the display drivers', () => {
    const output = [
      '', 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}\\0000', '    DriverDesc    REG_SZ    Microsoft Basic Display Adapter', '',
      'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}\\0001', '    DriverDesc    REG_SZ    AMD Radeon(TM) Graphics', '', 'End of search: 2 match(es) found.',
    ].join('\r\n');
    expect(parseRegistry(output)).toEqual(['Microsoft Basic Display Adapter', 'AMD Radeon(TM) Graphics']);
    expect(windowsAdapter(parseRegistry(output))).toBe('real');
    expect(windowsAdapter(['Microsoft Basic Display Adapter'])).toBe('software');
    expect(windowsAdapter([])).toBe('software');
  });
});
