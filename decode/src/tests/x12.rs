use super::decode;
#[test]
fn show() {
    let path = std::env::var("SHOW").unwrap_or_default();
    if path.is_empty() {
        return;
    }
    let d = decode(&std::fs::read(path).unwrap());
    for row in 0..d.consignments.num_rows() {
        println!("--- row {row} {:?}", super::findings(&d.consignments, row));
        for (k, v) in super::facts(&d.consignments, row) {
            if v != "~" {
                println!("{k}: {v}");
            }
        }
    }
    println!("dead {}", d.dead_letters.num_rows());
    println!("{:?}", d.counts);
}
