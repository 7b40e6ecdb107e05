// The look of the map, light and dark. No tiles, sprites or glyphs from anywhere: labels are drawn with local fonts.

const fonts = ['Segoe UI', 'Roboto', 'Helvetica Neue', 'Arial', 'sans-serif'];

const light = {
  ground: '#e6eaef', land: '#f7f6f2', edge: '#b9c2cf', district: '#c3cad5', green: '#d8e9cd', water: '#b4d3f0', shore: '#9cc2e8',
  casing: '#d5d9e0', road: '#ffffff', major: '#fdf1d3', path: '#e0ddd2', rail: '#aeb5c1', building: '#e9e5dc', outline: '#dcd7cb',
  label: '#5a677e', halo: '#f7f6f2', waterLabel: '#3f77ad', greenLabel: '#4c7a3f', rim: '#ffffff', value: '#101a2b', grid: '#d3d9e1', mark: '#ffffff',
};
const dark = {
  ground: '#0a1019', land: '#111926', edge: '#3b4a63', district: '#2b384d', green: '#13261f', water: '#123049', shore: '#1c4565',
  casing: '#0d141f', road: '#263247', major: '#3a3f45', path: '#1f2a3c', rail: '#3c4759', building: '#182233', outline: '#202c40',
  label: '#95a2b8', halo: '#0d1420', waterLabel: '#6aa5d8', greenLabel: '#6fae74', rim: '#0b111c', value: '#edf1f8', grid: '#17202f', mark: '#0b111c',
};

export const palette = (isDark) => (isDark ? dark : light);

const is = (layer) => ['==', ['get', 'layer'], layer];
const zoomed = (...stops) => ['interpolate', ['exponential', 1.5], ['zoom'], ...stops];
const majorRoads = ['motorway', 'trunk', 'primary', 'arterial'];
const middleRoads = ['secondary', 'tertiary', 'collector'];
const paths = ['path', 'footway', 'cycleway', 'pedestrian', 'track'];
const roadClass = ['coalesce', ['get', 'class'], ''];
const inside = (list) => ['in', roadClass, ['literal', list]];
const width = (extra) => zoomed(
  10, ['case', inside(majorRoads), 1.2 + extra, inside(middleRoads), 0.7 + extra, 0.3],
  13, ['case', inside(majorRoads), 4 + extra, inside(middleRoads), 2.6 + extra, inside(paths), 0.6, 1.4 + extra],
  16, ['case', inside(majorRoads), 14 + extra, inside(middleRoads), 10 + extra, inside(paths), 2, 7 + extra],
);

// A brook is a line, too, but no river.
const brook = (narrow, wide) => ['case', ['==', ['get', 'kind'], 'stream'], narrow, wide];

export function style(isDark, data) {
  const c = palette(isDark);
  const source = (features) => ({ type: 'geojson', data: features });
  return {
    version: 8,
    sources: {
      city: source(data.city), labels: source(data.labels), grid: source(data.grid),
      areas: source(data.areas), things: { ...source(data.things), promoteId: 'id' }, pulses: source(data.pulses),
    },
    layers: [...base(c), ...labels(c), ...things(c, isDark)],
  };
}

function base(c) {
  const city = (id, type, filter, rest) => ({ id, type, source: 'city', filter, ...rest });
  return [
    { id: 'ground', type: 'background', paint: { 'background-color': c.ground } },
    { id: 'grid', type: 'line', source: 'grid', paint: { 'line-color': c.grid, 'line-width': 1 } },
    city('land', 'fill', is('boundary'), { paint: { 'fill-color': c.land } }),
    city('green', 'fill', is('green'), { paint: { 'fill-color': c.green } }),
    city('water', 'fill', ['all', ['any', is('water'), is('river')], ['==', ['geometry-type'], 'Polygon']], { paint: { 'fill-color': c.water, 'fill-outline-color': c.shore } }),
    // A course only carries the name of a river that is drawn as an area.
    city('river', 'line', ['all', ['any', is('river'), is('water')], ['==', ['geometry-type'], 'LineString'], ['!=', ['get', 'kind'], 'course']], {
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': c.water, 'line-width': zoomed(10, brook(0.8, 2.5), 13, brook(2, 9), 16, brook(7, 40)) },
    }),
    city('building', 'fill', is('building'), { minzoom: 12.5, paint: { 'fill-color': c.building, 'fill-outline-color': c.outline } }),
    city('district', 'line', is('district'), { paint: { 'line-color': c.district, 'line-width': zoomed(10, 0.6, 14, 1.4), 'line-dasharray': [3, 2] } }),
    city('casing', 'line', ['all', is('road'), ['!', inside(paths)]], {
      layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': c.casing, 'line-width': width(1.6) },
    }),
    city('road', 'line', is('road'), {
      layout: { 'line-cap': 'round', 'line-join': 'round', 'line-sort-key': ['case', inside(majorRoads), 3, inside(middleRoads), 2, 1] },
      paint: { 'line-color': ['case', inside(majorRoads), c.major, inside(paths), c.path, c.road], 'line-width': width(0) },
    }),
    city('rail', 'line', is('rail'), { paint: { 'line-color': c.rail, 'line-width': zoomed(10, 0.8, 14, 2, 17, 4) } }),
    city('sleepers', 'line', is('rail'), { minzoom: 12, paint: { 'line-color': c.land, 'line-width': zoomed(12, 0.6, 14, 1.2, 17, 2.6), 'line-dasharray': [4, 4] } }),
    city('station', 'circle', ['all', is('rail'), ['==', ['geometry-type'], 'Point']], {
      minzoom: 12, paint: { 'circle-color': c.land, 'circle-stroke-color': c.rail, 'circle-stroke-width': 2, 'circle-radius': zoomed(12, 2.5, 16, 6) },
    }),
    city('edge', 'line', is('boundary'), { paint: { 'line-color': c.edge, 'line-width': 1.4 } }),
  ];
}

function labels(c) {
  const halo = { 'text-halo-color': c.halo, 'text-halo-width': 1.6 };
  const name = ['get', 'name'];
  return [
    { id: 'road-name', type: 'symbol', source: 'city', filter: ['all', is('road'), ['has', 'name']], minzoom: 13.5,
      layout: { 'text-field': name, 'text-font': fonts, 'text-size': zoomed(13, 10, 17, 13), 'symbol-placement': 'line', 'text-max-angle': 30 },
      paint: { 'text-color': c.label, ...halo } },
    { id: 'river-name', type: 'symbol', source: 'city', filter: ['all', is('river'), ['has', 'name'], ['==', ['geometry-type'], 'LineString']],
      layout: { 'text-field': name, 'text-font': fonts, 'text-size': zoomed(10, 10, 16, 15), 'text-letter-spacing': 0.12, 'symbol-placement': 'line', 'symbol-spacing': 420 },
      paint: { 'text-color': c.waterLabel, 'text-halo-color': c.water, 'text-halo-width': 1 } },
    { id: 'park-name', type: 'symbol', source: 'labels', minzoom: 12.8, filter: ['in', ['get', 'layer'], ['literal', ['green', 'water']]],
      layout: { 'text-field': name, 'text-font': fonts, 'text-size': 11, 'text-max-width': 8 },
      paint: { 'text-color': ['match', ['get', 'layer'], 'water', c.waterLabel, c.greenLabel], ...halo } },
    { id: 'station-name', type: 'symbol', source: 'city', minzoom: 13, filter: ['all', is('rail'), ['==', ['geometry-type'], 'Point']],
      layout: { 'text-field': name, 'text-font': fonts, 'text-size': 11, 'text-anchor': 'left', 'text-offset': [0.8, 0] }, paint: { 'text-color': c.label, ...halo } },
    { id: 'district-name', type: 'symbol', source: 'labels', filter: is('district'), maxzoom: 15.5,
      layout: { 'text-field': ['upcase', name], 'text-font': fonts, 'text-size': zoomed(10, 10, 14, 13), 'text-letter-spacing': 0.09, 'text-max-width': 9, 'text-padding': 6 },
      paint: { 'text-color': c.label, ...halo, 'text-opacity': 0.95 } },
  ];
}

const sectorColours = {
  light: { energy: '#b86a00', water: '#0d62c4', transport: '#6f3bc0', waste: '#b03566', ict: '#0a7b84', environment: '#2a8030', other: '#5f6c7f' },
  dark: { energy: '#f4b54a', water: '#6fb4ff', transport: '#bd9df7', waste: '#f28bb0', ict: '#4fd0d6', environment: '#73cf78', other: '#a3afc2' },
};

export const sectors = Object.keys(sectorColours.light);

function things(c, isDark) {
  const colours = sectorColours[isDark ? 'dark' : 'light'];
  const colour = ['match', ['get', 'sector'], ...Object.entries(colours).flat(), colours.other];
  const state = (name, yes, no) => ['case', ['boolean', ['feature-state', name], false], yes, no];
  const grown = (size) => ['+', size, ['case', ['boolean', ['feature-state', 'selected'], false], 4, ['boolean', ['feature-state', 'hover'], false], 2, 0]];
  return [
    { id: 'area', type: 'fill', source: 'areas', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour, 'fill-opacity': 0.14 } },
    { id: 'course', type: 'line', source: 'areas', layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': colour, 'line-width': ['case', ['==', ['geometry-type'], 'Polygon'], 1.25, 3], 'line-opacity': 0.7 } },
    { id: 'pulse', type: 'circle', source: 'pulses',
      paint: { 'circle-color': colour, 'circle-radius': ['get', 'radius'], 'circle-opacity': ['get', 'opacity'] } },
    { id: 'dot', type: 'circle', source: 'things',
      layout: { 'circle-sort-key': ['get', 'order'] },
      paint: {
        'circle-color': colour,
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 9, grown(3), 11.5, grown(5.5), 12.5, grown(8), 13, grown(9), 15, grown(12.5), 17, grown(15)],
        'circle-stroke-color': state('selected', c.value, c.rim),
        'circle-stroke-width': state('selected', 3, 1.6),
      } },
    { id: 'value', type: 'symbol', source: 'things', minzoom: 13.2,
      layout: {
        'text-field': ['get', 'value'], 'text-font': fonts, 'text-size': zoomed(13, 11, 16, 14), 'text-variable-anchor': ['top', 'bottom', 'right', 'left'],
        'text-radial-offset': 1.4, 'text-padding': 1,
      },
      paint: { 'text-color': c.value, 'text-halo-color': c.halo, 'text-halo-width': 1.8 } },
    { id: 'mark', type: 'symbol', source: 'things', minzoom: 12.2,
      layout: {
        'icon-image': ['concat', 'sector-', ['get', 'sector']],
        'icon-size': ['interpolate', ['linear'], ['zoom'], 12, 0.42, 13, 0.55, 15, 0.78, 17, 0.92],
        // Placed before the values, which are drawn below, so that no value covers a mark.
        'icon-allow-overlap': true, 'icon-padding': 2,
      },
      paint: { 'icon-color': c.mark, 'icon-opacity': ['interpolate', ['linear'], ['zoom'], 12.2, 0, 12.6, 1] } },
  ];
}
