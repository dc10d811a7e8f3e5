# 40,000 records of 12 fields split, changed and joined again.
def main():
    record = "alpha,bravo,charlie,delta,echo,foxtrot,golf,hotel,india,juliett,kilo"
    total = 0
    for i in range(40000):
        fields = f"{record},{i}".split(",")
        fields[2] = fields[11]
        total += len(fields) + len("; ".join(fields))
    return total
