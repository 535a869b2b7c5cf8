//! Brings the scripts that browsers run from their npm packages, as the lockfile names them, and writes the table of all
//! that `src/console/assets.rs` embeds: name, media type, bytes, the same gzipped, and a hash of them.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use flate2::{Compression, write::GzEncoder};

/// What is embedded: the name it is served by, its media type, and where it lies.
const EMBEDDED: [(&str, &str, From); 10] = [
    ("console.css", CSS, From::Here("console.css")),
    ("console.js", JS, From::Here("console.js")),
    ("htmx.js", JS, From::Package("htmx.org/dist/htmx.min.js")),
    ("graphiql.css", CSS, From::Package("graphiql/graphiql.min.css")),
    ("graphiql.js", JS, From::Package("graphiql/graphiql.min.js")),
    ("graphiql-page.css", CSS, From::Here("graphiql-page.css")),
    ("graphiql-page.js", JS, From::Here("graphiql-page.js")),
    ("review.js", JS, From::Here("review.js")),
    ("react.js", JS, From::Package("react/umd/react.production.min.js")),
    ("react-dom.js", JS, From::Package("react-dom/umd/react-dom.production.min.js")),
];
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const ASSETS: &str = "src/console/assets";

enum From {
    /// Our own, in the folder of the console's assets.
    Here(&'static str),
    /// A file of an npm package.
    Package(&'static str),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={ASSETS}");
    // Templates are read by a macro; cargo learns of new ones so.
    println!("cargo::rerun-if-changed=src/console/templates");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let packages = packages(&out.join("npm"))?;
    // For the tests of pages, which check them by axe-core.
    println!("cargo::rustc-env=ATR_NPM={}", packages.display());
    let mut table = "&[\n".to_owned();
    for (name, media_type, from) in &EMBEDDED {
        let path = match from {
            From::Here(file) => Path::new(ASSETS).join(file),
            From::Package(file) => packages.join(file),
        };
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        let packed = gzip.write_all(&bytes).and_then(|()| gzip.finish()).map_err(|error| error.to_string())?;
        let (plain, gzipped) = (out.join(name), out.join(format!("{name}.gz")));
        for (path, bytes) in [(&plain, &bytes), (&gzipped, &packed)] {
            fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        let hash = &blake3::hash(&bytes).to_hex()[..16];
        table += &format!(
            "Asset {{ name: {name:?}, media_type: {media_type:?}, hash: {hash:?}, \
             plain: include_bytes!({plain:?}), gzipped: include_bytes!({gzipped:?}) }},\n"
        );
    }
    fs::write(out.join("assets.rs"), table + "]").map_err(|error| error.to_string())
}

/// Installs what the lockfile names into a folder, unless it is there; gives where the packages lie.
fn packages(folder: &Path) -> Result<PathBuf, String> {
    let (installed, lock) = (folder.join("node_modules"), Path::new(ASSETS).join("package-lock.json"));
    let wanted = fs::read(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    let done = folder.join("installed.json");
    if fs::read(&done).is_ok_and(|there| there == wanted) {
        return Ok(installed);
    }
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(Path::new(ASSETS).join(name), folder.join(name)).map_err(|error| error.to_string())?;
    }
    let ran = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder)
        .output()
        .map_err(|error| {
            format!("npm brings the console's scripts and does not start ({error}): install nodejs and npm")
        })?;
    if !ran.status.success() {
        let said = String::from_utf8_lossy(&ran.stderr).trim().replace('\n', " ");
        return Err(format!("npm could not bring the console's scripts; is its registry within reach? {said}"));
    }
    fs::write(done, wanted).map_err(|error| error.to_string())?;
    Ok(installed)
}
