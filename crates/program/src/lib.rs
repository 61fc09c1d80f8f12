//! Many modules become one program: imports, names, types, call graph, entry points, routes.
